// What docs/numpy.md says of names that are not the same here. The form is that of
// comparison-rows.mjs, with one more field: `distributed`, where it is not that of the first name
// in the row. A name that lops-mpi/array has needs no row. One without a row that is not there is
// listed as missing.

const INTEGERS = 'integers are the default float too: give `dtype`';
const DTYPE = { note: INTEGERS, known: ['dtype'] };
const OF_METHODS = 'the methods of `DistributedArray`';
const TOTAL = { note: 'of int32: int32 and exact, or an error; floats by `dtype`', known: ['dtype'] };
const POSITIONS = { note: 'positions are int32' };
const COPY = { note: 'a copy, not a view' };
const VIEW = { note: 'distributed: a copy, not a view' };
const QUANTILE = {
  note: 'no weights',
};

/** An operator of `lops-mpi/local`, and the distributed one. */
const operator = (local, distributed, note = undefined) => ({
  here: `operator \`${local}\` of \`lops-mpi/local\``,
  distributed: distributed === undefined ? 'no' : `\`${distributed}\``,
  note,
  known: ['norm', 'real', 'offset', 'edge'],
});
const ofLops = (name) => ({ here: `\`${name}\` of \`lops-mpi\``, distributed: 'yes' });
/** A method of the generator of random numbers. The streams are others than NumPy's. */
const ofGenerator = (method, note = undefined) => ({
  here: `\`${method}\` of \`random.Generator\``,
  distributed: 'yes',
  note,
  known: ['size', 'dtype', 'tol', 'method', method],
});
const ofEntry = (entry, here, distributed = undefined) => ({
  here: `${here} of \`lops-mpi/${entry}\``,
  distributed,
});
const BY_FUNCTION = { note: 'of distributed arrays: the function of `lops-mpi/array`' };

const section = (title, family, rows) => ({
  title,
  library: 'numpy',
  entries: ['./array'],
  head: 'NumPy',
  tables: [{ modules: [family], rows, otherwise: { no: '' }, ofArrays: true }],
});

export const SECTIONS = [
  section('Creation', 'creation', {
    'empty, zeros, ones': { distributed: OF_METHODS },
    full: { ...DTYPE, distributed: OF_METHODS },
    'array, asarray, arange': DTYPE,
    'linspace, logspace, geomspace': { note: 'between numbers; no `retstep`', known: ['retstep'] },
    indices: { note: 'int32; no `sparse`', known: ['sparse'] },
    meshgrid: {},
    mgrid: '`indices(shape)`',
    asanyarray: '`asarray`',
    ascontiguousarray: { here: '`NDArray.contiguous`', distributed: 'no' },
    copy: '`x.copy()`',
    'frombuffer, fromiter': { here: '`array(values)`, of a typed array or a list', distributed: 'no' },
  }),
  section('Shapes, joining, order', 'manipulation', {
    shape: { here: '`x.globalShape`; of an NDArray `shape`', known: ['shape'] },
    ndim: '`x.ndim`',
    size: '`x.size`',
    rollaxis: { here: '`moveaxis`', note: VIEW.note },
    'transpose, moveaxis, swapaxes, broadcast_to, flip, rot90, split, array_split': VIEW,
    row_stack: '`vstack`',
    append: '`concatenate`, with an axis',
    'vsplit, hsplit, dsplit': { here: '`split(x, sections, { axis })`', note: VIEW.note },
    'fliplr, flipud': { here: '`flip(x, { axis })`', note: VIEW.note },
    broadcast_arrays: '`broadcastTo`, for each',
    copyto: "`setItem(x, ['...'], y)`",
    pad: {
      note: "no mode 'median' or 'empty', no function as mode",
    },
  }),
  section('Indexing', 'indexing', {
    where: { note: 'three arguments; with one it is `nonzero`' },
    'nonzero, flatnonzero, argwhere': POSITIONS,
    extract: '`getItem(x, [mask])`',
    'place, putmask': '`setItem(x, [mask], values)`',
    put: '`setItem(x, [positions], values)`, of one axis',
    newaxis: { here: 'null, in `getItem`', distributed: 'yes' },
    s_: { here: 'lists `[start, end, step]`, in `getItem`', distributed: 'yes' },
    'vectorize, frompyfunc': {
      here: '`fuse` and `ElementwiseKernel` of `lops-mpi`, see [kernels](kernels.md)',
      distributed: 'yes',
    },
  }),
  section('Elementwise functions', 'elementwise', {
    'absolute, fabs': '`abs`',
    true_divide: '`divide`',
    power: { note: 'int32 to a negative power is the default float, no error' },
    float_power: { here: '`power`', note: 'of floats' },
    conjugate: '`conj`',
    'real, imag': COPY,
    degrees: '`rad2deg`',
    radians: '`deg2rad`',
    around: '`round`',
    fix: '`trunc`',
    divmod: '`floorDivide` and `remainder`',
    bitwise_not: '`invert`',
    positive: '`x.copy()`',
    'maximum, minimum, fmax, fmin': { note: 'not of complex numbers' },
  }),
  section('Comparisons and logic', 'logic', {
    isclose: '`isClose`',
    allclose: '`allClose`',
    'less, less_equal, greater, greater_equal': { note: 'not of complex numbers' },
  }),
  section('Reductions, statistics, differences', 'reductions', {
    amax: '`max`',
    amin: '`min`',
    'max, min, nanmax, nanmin': { note: 'not of complex numbers' },
    'sum, prod, cumsum, cumprod, nansum, nanprod': TOTAL,
    'argmax, argmin, nanargmax, nanargmin': { note: 'positions along an axis are int32' },
    'mean, var, std, nanmean, nanvar, nanstd': { note: 'no `dtype`', known: ['dtype'] },
    average: { note: 'no `returned`', known: ['returned'] },
    'quantile, percentile, nanquantile, nanpercentile': QUANTILE,
    'cov, corrcoef': { note: 'of one array, without weights' },
    histogram: { note: '`bins` is a number or edges', known: ['bins'] },
    histogram_bin_edges: '`histogram(x, options)[1]`',
    bincount: { note: 'counts are int32' },
    digitize: POSITIONS,
  }),
  section('Sorting, searching, sets', 'sorting', {
    sort: { note: 'a copy; every `kind` is stable; −0 before 0' },
    'argsort, lexsort': POSITIONS,
    partition: { note: 'along a split axis the sorted array' },
    argpartition: { note: 'as `argsort`; positions are int32' },
    topk: { note: '`[values, positions]`, the best first; NaN is the worst' },
    unique: { note: 'NaN is one value; positions and counts are int32' },
    sort_complex: '`sort`',
    'union1d, intersect1d, setdiff1d, setxor1d': {
      note: 'NaN is one value',
      known: ['assume_unique', 'return_indices'],
    },
    in1d: '`isin`, of flat arrays',
    searchsorted: { note: 'positions are int32; no `sorter`', known: ['sorter'] },
  }),
  section('Linear algebra', 'linalg', {
    'dot, inner, outer, matmul, tensordot': { note: 'over ranks along axes that only one operand has' },
    einsum: { note: 'pairs from the left; no `optimize`', known: ['optimize'] },
    kron: { note: 'the second operand is whole on each rank' },
    cross: { note: 'three components' },
    'linalg.norm, linalg.cond, linalg.multi_dot': {},
    'linalg.qr': { note: 'one matrix with more rows than columns is not gathered' },
    'linalg.svd': {
      note: 'as `linalg.qr`, then with `fullMatrices: false`; no `hermitian`',
      known: ['hermitian'],
    },
    'linalg.svdvals, linalg.lstsq': { note: 'as `linalg.qr`' },
    'linalg.pinv, linalg.matrix_rank': { note: 'as `linalg.qr`; no `hermitian`', known: ['hermitian'] },
    'linalg.solve': { note: 'a distributed matrix is sent to all ranks, right sides are not' },
    'linalg.eig, linalg.eigvals': { note: 'complex, also if all eigenvalues are real' },
  }),
  section('Fourier transforms', 'fft', {
    'fft.dct, fft.idct': operator('DCT'),
  }),
  section('Random numbers', 'random', {
    'random.default_rng': { note: 'a `random.Generator`; integers as seeds', distributed: 'yes' },
    'random.seed': { here: '`random.defaultRng(seed)`', distributed: 'yes', known: ['seed'] },
    'random.rand, random.random': ofGenerator('random'),
    'random.randn, random.standard_normal': ofGenerator('standardNormal'),
    'random.randint, random.integers': ofGenerator('integers', 'int32 and bool'),
    'random.uniform': ofGenerator('uniform'),
    'random.normal': ofGenerator('normal'),
    'random.exponential': ofGenerator('exponential'),
    'random.gamma': ofGenerator('gamma'),
    'random.poisson': ofGenerator('poisson', 'int32, or floats by `dtype`'),
    'random.multivariate_normal': ofGenerator('multivariateNormal', 'no `tol`, `method`'),
    'random.choice': ofGenerator('choice', 'probabilities in steps of 2⁻³²'),
    'random.permutation': ofGenerator('permutation'),
    'random.shuffle': ofGenerator('shuffle'),
  }),
  section('Signals, windows, polynomials', 'signal', {
    'signal.convolve, signal.correlate': { note: 'by sums or by transforms, whichever is faster' },
    'signal.oaconvolve': { note: 'the same as `signal.fftconvolve`, which takes blocks' },
    interp: { note: 'positions that do not ascend are an error' },
    polyfit: operator('Regression', undefined, 'and `lsqr`'),
  }),
  section('Images', 'ndimage', {
    'ndimage.median_filter, ndimage.minimum_filter, ndimage.maximum_filter': {
      note: 'NaN is the largest; all axes',
    },
    'ndimage.laplace': operator('Laplacian', 'MPILaplacian', 'zeros at the ends, or `edge`'),
    'ndimage.map_coordinates, ndimage.zoom, ndimage.shift, ndimage.affine_transform': {
      note: 'exact at the borders of mode reflect',
    },
    'ndimage.rotate': { note: 'splines over all axes; exact at the borders of mode reflect' },
  }),
  section('Special functions', 'special', {
    'special.loggamma': { here: '`special.gammaln`', note: 'of real numbers' },
    'special.i0': '`i0`',
  }),
  section('Sparse matrices, operators, solvers', 'sparse', {
    'sparse.csr_matrix': {
      here: '`sparse.csrArray`',
      distributed: '`DistributedCsrArray`',
      note: 'floats and complex numbers',
    },
    'sparse.coo_matrix': { here: '`sparse.cooArray`', distributed: 'no', note: 'floats and complex numbers' },
    'sparse.issparse': { here: '`sparse.isSparse`', distributed: 'no' },
    'sparse.diags': { here: '`sparse.diagsArray`', distributed: 'no' },
    'sparse.eye': { here: '`sparse.eyeArray`', distributed: 'no' },
    'sparse.add': { here: '`CsrArray.add(B)`', distributed: '`DistributedCsrArray`' },
    'sparse.diagonal': { here: '`CsrArray.diagonal(k)`', distributed: '`DistributedCsrArray`' },
    'sparse.from_dense': { here: '`sparse.csrArray(x)`', distributed: '`DistributedCsrArray`' },
    'sparse.matmat, sparse.matvec': { here: '`CsrArray.matmul(x)`', distributed: '`DistributedCsrArray`' },
    'sparse.rmatvec': { here: '`CsrArray.rmatmul(x)`', distributed: '`DistributedCsrArray`' },
    'sparse.sum': { here: '`CsrArray.sum(axis)`', distributed: '`DistributedCsrArray`' },
    'sparse.to_csr': { here: '`CsrArray.toCsr()`', distributed: '`DistributedCsrArray.gather`' },
    'sparse.to_dense': { here: '`CsrArray.toDense()`', distributed: '`DistributedCsrArray`' },
    'sparse.transpose': { here: '`CsrArray.transpose()`', distributed: '`DistributedCsrArray`' },
    'sparse.linalg.LinearOperator': { ...ofLops('LinearOperator'), distributed: '`MPILinearOperator`' },
    'sparse.linalg.aslinearoperator': operator('MatrixMult', 'MPISparseMatrixMult'),
    'sparse.linalg.cg': ofLops('cg'),
    'sparse.linalg.minres': ofLops('minres'),
    'sparse.linalg.lsqr': ofLops('lsqr'),
    'sparse.linalg.lsmr': ofLops('lsmr'),
    'sparse.linalg.svds': {
      here: '`linalg.randomizedSvd`',
      distributed: 'yes',
      note: 'of a dense matrix; the largest only, descending, by random vectors',
      known: ['ncv', 'tol', 'which', 'v0', 'maxiter', 'return_singular_vectors', 'solver', 'rng', 'options'],
    },
  }),
  section('Files, text, dtypes', 'files', {
    load: ofEntry('io', '`readNpy`, `readNpz`', '`readNpyDistributed`'),
    save: ofEntry('io', '`writeNpy`', '`writeNpyDistributed`'),
    'savez, savez_compressed': ofEntry('io', '`writeNpz`'),
    'array2string, array_repr, array_str': {
      here: '`x.toString()`',
      note: 'a distributed array prints its layout',
    },
    'promote_types, result_type': ofEntry('extend', '`promote`'),
    finfo: ofEntry('extend', '`epsilonOf`'),
  }),
  section('Names of NumPy 2', 'numpy 2', {
    acos: '`arccos`',
    acosh: '`arccosh`',
    asin: '`arcsin`',
    asinh: '`arcsinh`',
    atan: '`arctan`',
    atan2: '`arctan2`',
    atanh: '`arctanh`',
    pow: '`power`',
    concat: '`concatenate`',
    permute_dims: '`transpose`',
    matrix_transpose: '`swapaxes(x, -1, -2)`',
    trapezoid: '`trapz`',
    astype: '`x.astype(dtype)`',
    bitwise_invert: '`invert`',
    bitwise_left_shift: '`leftShift`',
    bitwise_right_shift: '`rightShift`',
    cumulative_sum: '`cumsum`',
    cumulative_prod: '`cumprod`',
  }),
  {
    title: 'Methods and operators',
    library: 'numpy',
    entries: ['./array'],
    head: 'ndarray',
    tables: [
      {
        modules: ['ndarray'],
        of: ['ndarray'],
        as: 'NDArray',
        ofArrays: true,
        otherwise: { no: '' },
        rows: {
          shape: { distributed: '`globalShape`' },
          data: { note: 'memory, where the backend has it in this process' },
          'real, imag': { note: 'methods' },
          flat: '`ravel()`',
          T: '`transpose()`',
          __getitem__: '`getItem(x, index)`; methods `get` and `slice`',
          __setitem__: '`setItem(x, index, value)`; method `set`',
          __neg__: '`negative()`',
          __add__: '`add(y)`',
          __sub__: '`subtract(y)`',
          __mul__: '`multiply(y)`',
          __truediv__: '`divide(y)`',
          __pow__: '`power(y)`',
          __matmul__: '`matmul(y)`',
          dot: { note: 'the sum of all products, a number' },
          flatten: '`ravel().copy()`',
          item: '`get()`',
          tolist: { here: '`toArray()`', note: 'after `asArray()` if distributed', known: ['asArray'] },
          tobytes: {
            here: '`toHost()`, a typed array',
            note: 'after `asArray()` if distributed',
            known: ['asArray'],
          },
          tofile: ofEntry('io', '`writeNpy`', '`writeNpyDistributed`'),
          'compress, nonzero, ptp, repeat, round, searchsorted, swapaxes': {
            here: 'the function of `lops-mpi/array`',
            distributed: 'yes',
          },
          'all, any, argmax, argmin, cumprod, cumsum, max, mean, min, prod, std, sum, var': {},
          'squeeze, take, transpose': BY_FUNCTION,
        },
      },
    ],
  },
];
