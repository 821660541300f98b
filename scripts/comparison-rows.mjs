// What docs/from-pylops-mpi.md says of names and options that are not the same here. See
// comparison.mjs: what needs no row is derived, and what is stated here is checked.
//
// A row has as its key the name in the original, or several, and as its value
// - a text: what it is called here, names in backticks
// - `{ here, options, equal, note, known, loose }`: `options` has for a parameter its name here, a
//   text, or null if it is not there; `equal` the parameters with a default that is only written in
//   another way; `note` what else differs; `known` other names in the texts; with `loose` the
//   parameters are not compared
// - `{ no }`: not there, and why or what instead
//
// A table has the names of `modules`, those of `apart` left out; with `of` the members of classes,
// whose counterpart is `as`. `otherwise` is the value of names without a row, `more` has rows of
// names that the list of originals does not have.

const LOOP = 'see [owning the loop](solvers.md#owning-the-loop)';

export const INTRO = (versions) => `The tables have all public names of ${versions}.`;

/** Options with one answer, wherever they are. */
export const GENERAL = [
  [['base_comm', 'comm'], '`comm`, where no vector says it; all ranks by default'],
  [
    ['base_comm_nccl'],
    'nothing to pass: device memory is sent alike on all ranks, see [clusters](cluster.md)',
  ],
  [
    ['engine', 'backend', 'fftengine', 'inoutengine', 'num_threads_per_blocks'],
    'operators compute on the backend of the vector, see [backends](backends.md)',
  ],
  [['nproc', 'workers', 'use_parallel'], 'ranks, instead of threads and processes of their own'],
  [['dtype'], '`dtype`, by default that of the data of an operator; stacks have that of their operators'],
  [['name'], 'none: an operator prints its class and its shape'],
  [['forceflat'], 'results are flat where the vector is; stacks have `forceflat`'],
  [['inplace'], 'results are new, or in the argument `out`'],
  [['show', 'itershow', 'show_inner', 'verb'], `nothing prints; ${LOOP}`],
  [['callback', 'callbacks', 'callbackz', 'callbacky'], `the body of your loop, ${LOOP}`],
  [['preallocate'], 'work vectors are always allocated once'],
  [['kwargs_fft', 'kwargs_fftw'], 'none: no other library computes transforms'],
  [['Op'], 'the first argument, called `A`'],
];

const NO_COUNTER = 'no parameter is a function of a counter';
const WINDOWS = {
  options: { savetaper: null },
  note: '`Op` acts on one window, never on all at once',
};
const DOT_TEST = '`A.dotTest(options)`';
const SEEDED = 'random vectors of the `domain`, by `seed`';
const DESIGN = '`windowDesign(dimsd, nwin, nover, nop)`';
const PENALTIES = {
  known: ['data', 'eps'],
  options: {
    Regs: 'regularizations',
    Weight: 'weight',
    dataregs: 'the field `data` of each',
    epsRs: 'the field `eps` of each',
  },
};
const AD = { no: 'they bind Python libraries for automatic differentiation' };
const SLOPES = { no: 'slopes of an image are not estimated here' };
const OF_PYTHON = { no: 'it is about Python' };
const ACCEPTED = { equal: ['saveGt', 'usematmul'], note: '`saveGt` and `usematmul` have no effect' };

const GRADIENT = {
  here: '`proximalGradient(f, g, x0, options)`',
  options: { niterback: 'the step is reduced at most 60 times' },
  note: '`epsg` is a number',
};
const OPERATORS = { x: 'A', y: 'B' };
const ALGEBRA = {
  dot: '`matvec`, and `mul` for operators',
  adjoint: '`H`',
  transpose: '`T`',
  __matmul__: '`matvec`, and `mul` for operators',
  '__mul__, __rmul__': '`scale`, and `mul` for operators',
  __pow__: '`pow`',
  __add__: '`add`',
  __neg__: '`negative`',
  __sub__: '`subtract`',
};

export const SECTIONS = [
  {
    title: 'Arrays',
    library: 'pylops-mpi',
    entries: ['.'],
    head: 'PyLops-MPI',
    tables: [
      {
        modules: ['Distributed', 'DistributedArray'],
        rows: {
          Partition: { here: '`PARTITIONS` lists them', loose: true },
          'Partition.SCATTER, Partition.BROADCAST, Partition.UNSAFE_BROADCAST':
            "the names as strings, such as `'SCATTER'`",
          DistributedArray: {
            here: '`DistributedArray.zeros(globalShape, options)`; also `empty`, `ones`, `full`, `random`',
            known: ['empty', 'ones', 'full', 'random'],
            options: { engine: 'backend', local_array: '`DistributedArray.fromLocal(local)`' },
            equal: ['engine'],
            note: 'also `grid`, a process grid',
          },
          local_split: '`Layout.split(globalShape, ranks, axis).localShape(rank)`',
          subcomm_split: '`comm.split(color)`',
          StackedDistributedArray: { options: { distarrays: 'arrays' } },
          DistributedMixIn: { no: '`comm` has the calls of MPI' },
        },
      },
      {
        of: ['DistributedArray'],
        head: 'of a `DistributedArray`',
        modules: ['DistributedArray'],
        rows: {
          __getitem__: "`x.local` is this rank's part; `x.get(index)` takes a global index",
          __setitem__:
            '`x.local.set(…)`, `x.local.fill(v)`, `x.assign(y)`; `x.set(index, v)` takes a global index',
          base_comm: '`comm`',
          base_comm_nccl: { no: 'see the options above' },
          engine: '`backend`',
          local_array: '`local`',
          size: '`x.comm.size`; `size` is the number of elements',
          sub_comm: '`reducer`',
          asarray: '`asArray`',
          to_dist: { note: '`DistributedArray.fromLocal(local)` copies nothing' },
          __neg__: '`negative`',
          __add__: '`add`',
          __sub__: '`subtract`',
          '__mul__, __rmul__': '`multiply`',
          iadd: '`addInPlace`',
          dot: { options: { vdot: '`vdot(y)`, and `rdot(y)` for the real part' } },
          norm: { options: { ord: 'order' } },
          ravel: { options: { order: null }, note: 'always in C order' },
          reshape: { here: '`reshapeLocal`', note: '`reshape` takes a global shape' },
          add_ghost_cells: { options: { cells_front: 'front', cells_back: 'back' } },
          redistribute: { note: 'takes any `Layout`, too' },
        },
      },
      {
        of: ['StackedDistributedArray'],
        head: 'of a `StackedDistributedArray`',
        modules: ['DistributedArray'],
        rows: {
          global_shape: '`size` is the number of elements; `arrays` have shapes',
          __getitem__: '`arrays`, or `block(k)`',
          __setitem__: '`block(k)`, and `assign` of it',
          engine: '`backend`',
          asarray: '`asArray`',
          __neg__: '`negative`',
          __add__: '`add`',
          __sub__: '`subtract`',
          '__mul__, __rmul__': '`multiply`',
          iadd: '`addInPlace`',
          dot: { options: { vdot: '`vdot(y)`' } },
          norm: { options: { ord: 'order' } },
        },
      },
    ],
  },
  {
    title: 'Distributed operators',
    library: 'pylops-mpi',
    entries: ['.'],
    head: 'PyLops-MPI',
    tables: [
      {
        modules: [
          'LinearOperator',
          'StackedLinearOperator',
          'basicoperators',
          'signalprocessing',
          'waveeqprocessing',
        ],
        rows: {
          MPILinearOperator: {
            options: { Op: '`MPILinearOperator.wrap(op)`', shape: 'follows from `dims` and `dimsd`' },
            note: 'a subclass has `forward` and `adjoint` for `_matvec` and `_rmatvec`',
            known: ['forward', 'adjoint', '_matvec', '_rmatvec'],
          },
          MPIStackedLinearOperator: { options: { shape: 'follows from `dims` and `dimsd`' } },
          asmpilinearoperator: '`MPILinearOperator.wrap(op)`',
          MPIBlockDiag: { options: { mask: 'that of the vectors' } },
          MPIHalo: { options: { proc_grid_shape: 'procGrid' } },
          halo_block_split: {
            here: '`Layout.grid(globalShape, grid).box(rank)`',
            options: { grid_shape: 'grid' },
          },
          local_block_split: { here: '`Layout.grid(globalShape, grid).box(rank)`' },
          block_gather: '`x.asArray()`',
          active_grid_comm: { no: 'ranks beyond the grid are idle' },
          MPIMatrixMult: { note: 'any number of ranks, and any process `grid`' },
          MPINonStationaryConvolve1D: { note: 'the filters of the whole array on every rank' },
          'MPIFFTND.__truediv__': { here: '`A.div(y)`', loose: true },
          MPIFredholm1: ACCEPTED,
          MPIMDC: { ...ACCEPTED, options: { nfreq: 'follows from G' } },
        },
        more: [
          ['—', '`MPIFFT1D`, `MPIConvolve1D`, `MPIConvolveND`, `MPINonStationaryConvolve2D`'],
          ['—', '`MPISmoothing1D`, `MPISmoothing2D`'],
        ],
      },
      {
        of: ['MPILinearOperator', 'MPIStackedLinearOperator'],
        head: 'of operators',
        write: OPERATORS,
        modules: ['LinearOperator', 'StackedLinearOperator'],
        rows: ALGEBRA,
      },
    ],
  },
  {
    title: 'Distributed solvers',
    library: 'pylops-mpi',
    entries: ['.'],
    head: 'PyLops-MPI',
    tables: [
      {
        modules: ['optimization'],
        rows: {
          'CG, CGLS, ISTA, FISTA': {
            here: '`cg`, `cgls`, `ista`, `fista`; see `Solver` of PyLops',
            known: ['Solver'],
          },
          'ista, fista': { options: { eigsdict: 'eigs' } },
          power_iteration: { options: { b_k: 'x0' }, note: 'the values of `x0` are used' },
        },
      },
    ],
  },
  {
    title: 'Distributed proximal operators, utilities and figures',
    library: 'pylops-mpi',
    entries: ['.', './proximal', './plotting', './cli'],
    head: 'PyLops-MPI',
    tables: [
      {
        modules: ['proximal', 'utils', 'plotting'],
        rows: {
          MPIProxOperator: {
            options: { prox: 'f' },
            note: 'every function takes distributed vectors without it',
          },
          'MPIProxOperator.prox': { options: { kwargs: null } },
          'MPIProxOperator.proxdual': { here: '`f.proxDual(x, tau)`', options: { kwargs: null } },
          MPIL2: { options: { kwargs_solver: null } },
          ProximalGradient: {
            here: '`proximalGradient(f, g, x0, options)`',
            options: { niterback: 'the step is reduced at most 60 times' },
            equal: ['acceleration', 'tol'],
          },
          ADMML2: {
            here: '`admml2(Op, b, g, A, options)`',
            options: { kwargs_solver: 'inner' },
          },
          dottest: {
            here: DOT_TEST,
            options: { u: null, v: null, nr: null, nc: null, atol: null, raiseerror: 'raise' },
            note: SEEDED,
          },
          'fftshift_nd, ifftshift_nd': '`fftshift(x, axes)`, `ifftshift(x, axes)`',
          benchmark: {
            options: { logger: 'write' },
            equal: ['description'],
            note: 'the times of all ranks, see [timing](solvers.md#where-the-time-goes)',
          },
          reshaped: { no: 'operators take flat and N-dimensional vectors' },
          'nccl_import, mpi4py_fft_import': { no: '`lops doctor` says what is installed' },
          plot_distributed_array: {
            options: { arr: 'x' },
            note: 'a figure on rank 0, see [plotting](plotting.md#which-rank-owns-what)',
          },
          plot_local_arrays: {
            options: { arr: 'x', vmin: 'the first of `range`', vmax: 'the second of `range`' },
            note: 'a figure on rank 0',
          },
        },
      },
      { head: 'PyLops-MPI after 0.7.0', more: [['`MPIL21`, `PrimalDual`', '`L21`, `primalDual`']] },
    ],
  },
  {
    title: 'PyLops operators',
    library: 'pylops',
    entries: ['./local', '.'],
    head: 'PyLops',
    tables: [
      {
        modules: ['linearoperator', 'config', 'torchoperator', 'pytensoroperator', 'jaxoperator'],
        rows: {
          LinearOperator: {
            here: '`LinearOperator`, for all kinds of vectors, and `LocalOperator`',
            options: { shape: 'follows from `dims` and `dimsd`', clinear: '`complexLinear`', explicit: null },
            known: ['complexLinear'],
          },
          aslinearoperator: { no: '`MatrixMult` of a dense matrix' },
          'TorchOperator, JaxOperator, PyTensorOperator': AD,
          'Config, get_ndarray_multiplication, set_ndarray_multiplication': OF_PYTHON,
          'enabled_ndarray_multiplication, disabled_ndarray_multiplication': OF_PYTHON,
        },
      },
      {
        of: ['LinearOperator'],
        head: 'of a `LinearOperator`',
        modules: ['linearoperator'],
        write: OPERATORS,
        rows: {
          ...ALGEBRA,
          __truediv__: { here: '`A.div(y, options)`', options: { densesolver: null } },
          div: { here: '`A.div(y, options)`', options: { densesolver: null } },
          clinear: '`complexLinear`',
          'explicit, forceflat': { no: 'see the options above' },
          'matmat, rmatmat': '`A.matmat(X)`, `A.rmatmat(X)`, of local operators',
          todense: { equal: ['backend'] },
          tosparse: { no: 'no sparse matrices here' },
          eigs: { no: '`powerIteration` finds the largest eigenvalue' },
          cond: { no: '`conditionEstimate` is a lower bound' },
          apply_columns: { no: '`A.mul` of the adjoint of a `Restriction`' },
          'toreal, toimag': { no: 'products with `Real` and `Imag`' },
          trace: { no: '`A.todense()` for small operators' },
          reset_count: { no: 'applications are not counted; `comm.counters` counts messages' },
        },
      },
      {
        modules: ['basicoperators'],
        rows: {
          'MatrixMult.inv': { no: '`cgls(A, y)`' },
          MatrixMult: { note: 'dense matrices only' },
          'Diagonal.matrix': '`A.todense()`',
          'Restriction.mask': { no: '`A.rmatvec(A.matvec(x))` is x with zeros elsewhere' },
          FunctionOperator: {
            here: '`new FunctionOperator(f, dims, options)`',
            options: { args: '`adjoint` and `dimsd` are options', kwargs: '`dtype` is an option' },
          },
          Spread: { equal: ['interp'] },
          'VStack, HStack, BlockDiag, Block': { equal: ['forceflat'] },
          'VStack.nproc, HStack.nproc, BlockDiag.nproc': { no: 'see the options above' },
          MemoizeOperator: {
            no: 'a solver applies an operator once to a vector; a `Map` of yours keeps results',
          },
          ToCupy: { no: '`x.to(backend)` moves a vector, and operators move their own data' },
        },
      },
      {
        modules: ['signalprocessing'],
        rows: {
          Convolve1D: { options: { method: null }, note: 'direct sums; one filter for all traces' },
          Convolve2D: { options: { method: null }, equal: ['offset', 'axes'], note: 'direct sums' },
          ConvolveND: { options: { method: null }, equal: ['axes'], note: 'direct sums' },
          NonStationaryConvolve3D: { no: 'along one axis of a volume `MPINonStationaryConvolve1D`' },
          'NonStationaryConvolve1D.hsinterp': { no: 'the operator keeps it to itself' },
          'NonStationaryFilters1D, NonStationaryFilters2D': {
            no: 'filters are not estimated from data here',
          },
          Interp: { note: 'the operator alone, without the places' },
          'DWT, DWT2D': { note: "wavelets 'haar' and 'db1' to 'db12', periodic" },
          DWTND: { no: '`DWT` along each axis for one level, multiplied' },
          DTCWT: { no: 'it binds a Python package; `DWT`, `DWT2D` and `DCT` are here' },
          'ChirpRadon2D, ChirpRadon3D, FourierRadon2D, FourierRadon3D': {
            no: '`Radon2D` and `Radon3D` do the same in time',
          },
          'Radon2D, Radon3D': { note: '`kind` is no function of yours' },
          Seislet: SLOPES,
          Sliding1D: { ...WINDOWS, options: { dim: 'dims', dimd: 'dimsd', savetaper: null } },
          Sliding2D: WINDOWS,
          Sliding3D: { ...WINDOWS, options: { savetaper: null, nop: 'follows from `Op`' } },
          'Patch2D, Patch3D': {
            ...WINDOWS,
            options: { savetaper: null, scalings: null, nop: 'follows from `Op`' },
          },
          sliding1d_design: {
            here: DESIGN,
            options: { dimd: 'dimsd' },
            note: 'it gives no places of windows',
          },
          'sliding2d_design, sliding3d_design, patch2d_design, patch3d_design': {
            here: DESIGN,
            note: 'it gives no places of windows',
          },
          Fredholm1: ACCEPTED,
        },
        more: [['—', '`KernelOperator`, functions of yours that gpu.js compiles']],
      },
      {
        modules: ['waveeqprocessing', 'avo'],
        rows: {
          Kirchhoff: {
            here: '`new Kirchhoff({ z, x, y, t, srcs, recs }, wav, wavcenter, options)`',
            options: {
              mode: "'analytic' with `vel`, a number, and 'byot' with `trav`; there is no 'eikonal'",
              wavfilter: null,
              dynamic: null,
              snell: null,
            },
          },
          MDC: ACCEPTED,
          'LSM, MDD, Marchenko, directwave, Deghosting, SeismicInterpolation, WavefieldDecomposition': {
            no: 'the operators and a solver; the examples `lsm` and `mdd` show it',
            known: ['lsm', 'mdd'],
          },
          'PressureToVelocity, UpDownComposition2D, UpDownComposition3D': {
            no: '`FFT2D` or `FFTND`, a `Diagonal` of obliquity factors, and the adjoint of the transform',
          },
          'BlendingContinuous, BlendingGroup, BlendingHalf': { no: 'sums or stacks of `Shift`, with `Pad`' },
          AcousticWave2D: { no: 'it binds Devito' },
          AVOLinearModelling: { equal: ['nt0'], note: "`linearization` is 'akirich' or 'fatti'" },
          PoststackLinearModelling: {
            options: { explicit: null, sparse: null },
          },
          PrestackLinearModelling: {
            options: { explicit: null },
            equal: ['nt0'],
            note: "`linearization` is 'akirich' or 'fatti'",
          },
          'akirichards, fatti': { no: '`AVOLinearModelling` has them' },
          ps: { no: 'no converted waves' },
          'zoeppritz_scattering, zoeppritz_element, zoeppritz_pp, approx_zoeppritz_pp': {
            no: 'exact reflection coefficients are no linear operator',
          },
          'PoststackInversion, PrestackInversion': {
            no: 'the operators and a solver; the example `poststack` shows it',
            known: ['poststack'],
          },
          PrestackWaveletModelling: { no: '`MatrixMult` of the convolution matrix of the reflectivities' },
        },
      },
    ],
  },
  {
    title: 'PyLops solvers and utilities',
    library: 'pylops',
    entries: ['./local', '.'],
    head: 'PyLops',
    tables: [
      {
        modules: ['optimization'],
        rows: {
          lsqr: { options: { calc_var: null } },
          'ista, fista': { options: { eigsdict: 'eigs' } },
          normal_equations_inversion: {
            ...PENALTIES,
            options: {
              ...PENALTIES.options,
              epsI: 'damp',
              NRegs: null,
              epsNRs: null,
              kwargs_solver: 'options of `cg`',
            },
          },
          regularized_inversion: {
            ...PENALTIES,
            options: { ...PENALTIES.options, kwargs_solver: 'options of `cgls`' },
          },
          preconditioned_inversion: { options: { kwargs_solver: 'options of `cgls`' } },
          irls: {
            options: {
              nouter: 'niter',
              threshR: 'threshold',
              epsR: 'eps',
              epsI: 'damp',
              tolIRLS: 'tol',
              warm: "always with kind 'data', never with 'model'",
              kwargs_solver: 'inner',
            },
            note: "no kind 'datamodel'",
          },
          omp: {
            options: { niter_outer: 'niter', niter_inner: 'inner', Opbasis: null, optimal_coeff: null },
          },
          spgl1: {
            options: { SOp: null, kwargs_spgl1: '`niter` and `tol`' },
            equal: ['tau', 'sigma'],
            note: '`sigma` and `tau` exclude each other',
          },
          splitbregman: {
            here: '`splitBregman(A, y, options)`',
            options: {
              RegsL1: 'l1',
              RegsL2: 'l2',
              niter_outer: 'niter',
              niter_inner: 'inner',
              dataregsL2: 'the field `data` of `l2`',
              epsRL1s: 'the field `eps` of `l1`',
              epsRL2s: 'the field `eps` of `l2`',
              restart: null,
              kwargs_lsqr: 'solver',
            },
            known: ['data', 'eps'],
          },
          'CG, CGLS, LSQR, ISTA, FISTA, IRLS, OMP, SPGL1':
            'the functions `cg`, `cgls`, `lsqr`, `ista`, `fista`, `irls`, `omp`, `spgl1`',
          SplitBregman: 'the function `splitBregman`',
          'NormalEquationsInversion, RegularizedInversion, PreconditionedInversion':
            'the functions `normalEquationsInversion`, `regularizedInversion`, `preconditionedInversion`',
          RegularizedOperator: { no: '`VStack` or `MPIStackedVStack` of the operators' },
          Solver: '`defineSolver` makes one, see [there](solvers.md#writing-your-own)',
          Callbacks: { no: `the body of your loop, ${LOOP}` },
          MetricsCallback: { no: `the body of your loop, ${LOOP}` },
        },
      },
      {
        of: ['Solver'],
        head: 'of a solver',
        as: 'cgls',
        modules: ['optimization'],
        rows: {
          setup: { here: '`init(A, y, options)`', loose: true },
          step: { loose: true },
          run: { here: '`steps(A, y, options)`', loose: true },
          solve: { here: '`cgls(A, y, options)` itself', loose: true },
          finalize: { no: 'nothing needs it' },
          callback: { no: 'the body of your loop' },
          memory_usage: { here: '`memoryUsage(A, y, options)`', loose: true },
        },
      },
      {
        modules: ['utils'],
        rows: {
          dottest: {
            here: DOT_TEST,
            options: { nr: null, nc: null, atol: null, raiseerror: 'raise', complexflag: null },
            note: SEEDED,
          },
          describe: '`String(A)`',
          'mae, mse, snr, psnr': { no: 'a line each, of `x.copy().subtractInPlace(y).norm()`' },
          'trace_hutchinson, trace_hutchpp, trace_nahutchpp': {
            no: 'the mean of `x.vdot(A.matvec(x))` over random signs x',
          },
          convmtx: '`new Convolve1D(n, h).todense()`',
          nonstationary_convmtx: { here: '`new NonStationaryConvolve1D(n, hs, ih).todense()`', loose: true },
          taper: { note: "`tapertype` is 'none' for None" },
          'slope_estimate, dip_estimate': SLOPES,
          scalability_test: { no: 'ranks instead of processes' },
          parabolic3d: { no: '`parabolic2d` and `hyperbolic3d` are here' },
        },
        apart: ['utils.backend', 'utils.decorators', 'utils.deps', 'utils.utils'],
      },
      {
        modules: ['utils.backend', 'utils.decorators', 'utils.deps', 'utils.utils'],
        head: 'PyLops, about Python',
        rows: { Report: { no: '`lops doctor`' } },
        otherwise: OF_PYTHON,
      },
      {
        head: 'PyLops after 2.5',
        more: [
          ["`Interp` of kind 'cubic_spline'", 'not there: splines need the solution of a system'],
          ['`SmoothingND`', 'not there: `Smoothing1D` along each axis, multiplied'],
          ['`SWT`, `SWT2D`, `SWTND`, `UDCT`', 'not there: they bind Python packages'],
          ['`PWSprayer2D`, `PWSmoother2D`, `pwd_slope_estimate`', `not there: ${SLOPES.no}`],
          ['`CT2D`', 'not there: it binds the ASTRA toolbox'],
          ['`MRI2D`', 'not there: `Restriction` after `FFT2D`, for coils a `VStack` of it after `Diagonal`s'],
          ['`ResidualNormCallback`', `not there: the body of your loop, ${LOOP}`],
          [
            '`CostNanInfCallback`, `CostToDataCallback`, `CostToInitialCallback`',
            'not there: the tolerances of the solvers; `NumericalError`',
          ],
        ],
      },
    ],
  },
  {
    title: 'PyProximal',
    text: 'Weights, bounds and centres may be arrays: NDArrays, or vectors of the space of x.',
    library: 'pyproximal',
    entries: ['./proximal'],
    head: 'PyProximal',
    tables: [
      {
        of: ['ProxOperator'],
        head: 'of a `ProxOperator`',
        modules: ['ProxOperator'],
        write: { x: 'f', y: 'v', a: 'sigma', __call__: 'f(x)' },
        rows: {
          __call__: '`value(x)`',
          prox: { options: { kwargs: null } },
          proxdual: { here: '`proxDual`', options: { kwargs: null } },
          H: '`conjugate()`',
          'affine_addition, __add__': '`addQuadratic({ q: v })`',
          __sub__: '`addQuadratic` with the negative of v',
          'postcomposition, __rmul__': '`scale(sigma)`',
          precomposition: '`precompose(a, b)`',
          chain: {
            no: 'it is the prox of one function at the prox of another: two calls of `prox`',
            known: ['prox'],
          },
        },
      },
      {
        modules: ['ProxOperator', 'proximal', 'projection', 'utils'],
        rows: {
          ProxOperator: { options: { Op: null, hasgrad: '`isSmooth`', sigmame: null }, known: ['isSmooth'] },
          L0: { note: NO_COUNTER },
          L1: { options: { g: '`translate(g)`' }, note: NO_COUNTER, known: ['translate'] },
          L2: {
            options: { densesolver: null, kwargs_solver: null },
            note: NO_COUNTER,
          },
          TV: { options: { rtol: null, kwargs: null }, note: NO_COUNTER },
          L1Ball: { options: { n: 'follows from x', maxiter: null, xtol: null } },
          Simplex: {
            options: {
              n: 'follows from x',
              dims: null,
              axis: null,
              maxiter: null,
              ftol: null,
              xtol: null,
              call: null,
            },
            note: 'the whole vector is one simplex',
          },
          Nuclear: { options: { dim: 'dims' } },
          Orthogonal: { options: { partial: '`alpha` covers it' } },
          Quadratic: {
            no: '`addQuadratic`, or `L2` for a positive semidefinite `Op`',
            known: ['addQuadratic', 'Op'],
          },
          Sum: {
            here: '`ProxSum`',
            options: { ops: 'functions', weights: '`scale` of each function', use_original_tau: null },
            known: ['scale'],
          },
          VStack: { no: 'one function acts on a whole vector, `L21` aside' },
          Nonlinear: { no: 'a subclass of `ProxOperator`' },
          'moreau, gradtest_proximal, gradtest_bilinear': {
            no: 'no tests of functions; `conjugate` and `proxDual` are there',
            known: ['conjugate', 'proxDual'],
          },
          'BoxProj, EuclideanBallProj, L1BallProj, SimplexProj': {
            no: '`prox` of `Box`, `EuclideanBall`, `L1Ball`, `Simplex`',
            known: ['prox'],
          },
          Report: { no: '`lops doctor`' },
        },
        otherwise: { no: 'no counterpart' },
      },
      {
        modules: ['optimization'],
        rows: {
          ProximalGradient: { ...GRADIENT, equal: ['acceleration', 'tol'] },
          AcceleratedProximalGradient: { ...GRADIENT, equal: ['tol'] },
          ADMM: '`admm(f, g, x0, options)`',
          ADMML2: {
            here: '`admml2(Op, b, g, A, options)`',
            options: { kwargs_solver: 'inner' },
          },
          LinearizedADMM: '`linearizedAdmm(f, g, A, x0, options)`',
          DouglasRachfordSplitting: '`douglasRachford(f, g, x0, options)`',
          PrimalDual: {
            here: '`primalDual(f, g, A, x0, options)`',
            options: { z: 'c', returny: 'the state has y' },
            note: '`tau` and `mu` are numbers',
          },
          Bregman: { no: '`splitBregman` is another method' },
        },
        otherwise: { no: 'no counterpart' },
      },
    ],
  },
];
