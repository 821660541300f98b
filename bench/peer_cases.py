"""Times cases of `npm run bench` with PyLops-MPI, NumPy and SciPy: the same operators and calls.

    mpiexec -n RANKS python3 bench/peer_cases.py CASE
    python3 bench/peer_cases.py --list

It prints the library's name and version when it is ready. For each line of input it prints the
seconds of one call on the slowest rank: the benchmark requests one between any two of its own
timings, so that other load on the machine affects both. Ranks that wait sleep. Cases of NumPy and
SciPy have one rank. `--list` prints the cases that run on this number of ranks with the installed
packages. Sizes and dtypes are those of the case, numbers are not.
"""

import importlib.metadata
import importlib.util
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np  # noqa: E402

import cupy_cases  # noqa: E402
import numpy_cases  # noqa: E402

LEAST_SAMPLE_SECONDS = 2e-3
WARM_UP_SECONDS = 0.1
POLL_SECONDS = 2e-4
BLOCK = (96, 512, 512)
SECTIONS, TRACES, DEPTHS = 20, 267, 550


class PyLopsCases:
    """The cases of PyLops-MPI. Each prepares its arrays on this rank and returns the call to time."""

    def __init__(self, comm):
        import pylops
        import pylops_mpi

        self.local, self.mpi, self.comm = pylops, pylops_mpi, comm
        self.rng = np.random.default_rng(self.comm.rank)

    def share(self, n):
        """The first index and the number of indices of this rank along an axis of length n."""
        size, rank = self.comm.size, self.comm.rank
        each, more = divmod(n, size)
        return rank * each + min(rank, more), each + (rank < more)

    def vector(self, n, dtype="float64", everywhere=False):
        kind = self.mpi.Partition.BROADCAST if everywhere else self.mpi.Partition.SCATTER
        x = self.mpi.DistributedArray(global_shape=int(np.prod(n)), partition=kind, dtype=dtype)
        values = np.random.default_rng(7 if everywhere else self.comm.rank).standard_normal(x.local_shape)
        x[:] = values.astype(dtype) * (1 + 1j if np.dtype(dtype).kind == "c" else 1)
        return x

    def forward_and_adjoint(self, name, make, prepare):
        """The forward and the adjoint of an operator; `prepare` gives a vector of its domain."""

        def forward():
            op = make()
            x = prepare()
            return lambda: op.matvec(x)

        def adjoint():
            op = make()
            y = op.matvec(prepare())
            return lambda: op.rmatvec(y)

        return {f"{name}_fwd": forward, f"{name}_adj": adjoint}

    def vectors(self, n, suffix="", dtype="float64"):
        def two(run):
            def prepare():
                x, y = self.vector(n, dtype), self.vector(n, dtype)
                return lambda: run(x, y)

            return prepare

        return {
            f"add{suffix}": two(lambda x, y: x + y),
            # there is no axpy: two operations
            f"axpy{suffix}": two(lambda x, y: x * 1.5 + y),
            f"iadd{suffix}": two(lambda x, y: x.__iadd__(y)),
            f"dot{suffix}": two(lambda x, y: x.dot(y)),
            f"norm2{suffix}": two(lambda x, y: x.norm()),
            f"norm1{suffix}": two(lambda x, y: x.norm(1)),
            f"copy{suffix}": two(lambda x, y: x.copy()),
        }

    def derivatives(self):
        mpi = self.mpi

        def block(name, make):
            return self.forward_and_adjoint(name, make, lambda: self.vector(BLOCK))

        def small(dims, make):
            def prepare():
                op, x = make(), self.vector(dims)
                return lambda: op.matvec(x)

            return prepare

        three = {"weights": (1, 1, 1), "sampling": (1, 1, 1)}
        grid = (self.comm.size, 1, 1)
        return {
            **block("firstderivative", lambda: mpi.MPIFirstDerivative(BLOCK)),
            **block("firstderivative_order5", lambda: mpi.MPIFirstDerivative(BLOCK, order=5)),
            **block("secondderivative", lambda: mpi.MPISecondDerivative(BLOCK)),
            **block("laplacian3", lambda: mpi.MPILaplacian(BLOCK, axes=(0, 1, 2), **three)),
            **block("gradient3", lambda: mpi.MPIGradient(BLOCK, kind="forward")),
            **block("halo", lambda: mpi.basicoperators.MPIHalo(BLOCK, 2, proc_grid_shape=grid)),
            "firstderivative_n1000": small((1000,), lambda: mpi.MPIFirstDerivative((1000,))),
            "laplacian2_n1000": small((40, 25), lambda: mpi.MPILaplacian((40, 25), axes=(0, 1))),
        }

    def products(self):
        def matmul(kind, suffix, dtype):
            n, side = 2048, int(np.sqrt(self.comm.size))
            if side * side != self.comm.size:
                return {}
            rows = n // side

            def make():
                tile = self.rng.standard_normal((rows, rows if kind == "summa" else n)).astype(dtype)
                return self.mpi.MPIMatrixMult(tile, n, kind=kind, dtype=dtype)

            return self.forward_and_adjoint(f"matmul_{kind}_{suffix}", make, lambda: self.vector((n, n), dtype))

        def fredholm(suffix, dtype):
            slices, side, width = 256, 200, 8

            def make():
                shape = (self.share(slices)[1], side, side)
                kernel = (self.rng.standard_normal(shape) + 1j * self.rng.standard_normal(shape)).astype(dtype)
                return self.mpi.signalprocessing.MPIFredholm1(kernel, nz=width, saveGt=False, dtype=dtype)

            return self.forward_and_adjoint(
                f"fredholm_{suffix}", make, lambda: self.vector((slices, side, width), dtype, everywhere=True)
            )

        return {
            **matmul("summa", "f64", "float64"),
            **matmul("summa", "f32", "float32"),
            **matmul("block", "f64", "float64"),
            **matmul("block", "f32", "float32"),
            **fredholm("c128", "complex128"),
            **fredholm("c64", "complex64"),
        }

    def transforms(self):
        cube = (256, 256, 256)
        signal = self.mpi.signalprocessing

        def convolution():
            filters, places = np.random.default_rng(1).random((100, 41)), 250 + 500 * np.arange(100)
            return signal.MPINonStationaryConvolve1D(50_000, filters, places)

        def mdc():
            sources, receivers, frequencies = 101, 61, 400
            shape = (self.share(frequencies)[1], sources, receivers)
            kernel = (self.rng.random(shape) + 1j * self.rng.random(shape)).astype("complex64")
            return self.mpi.waveeqprocessing.MPIMDC(
                kernel, nt=1599, nv=1, nfreq=frequencies, dt=0.004, dr=1.0, twosided=True
            )

        return {
            **self.forward_and_adjoint("fftnd_c128", lambda: signal.MPIFFTND(cube), lambda: self.vector(cube, "complex128")),
            **self.forward_and_adjoint(
                "fftnd_real_f64",
                lambda: signal.MPIFFTND(cube, real=True, dtype="float64"),
                lambda: self.vector(cube),
            ),
            **self.forward_and_adjoint("nonstatconv1d", convolution, lambda: self.vector(50_000)),
            **self.forward_and_adjoint("mdc", mdc, lambda: self.vector((1599, 61), "float32", everywhere=True)),
        }

    def impedance(self):
        """Layers of log-impedance [sections, traces, depths] of this rank, distributed over the sections."""
        first, count = self.share(SECTIONS)
        y, x, z = np.meshgrid(
            np.arange(first, first + count), np.arange(TRACES), np.arange(DEPTHS), indexing="ij"
        )
        depth = z / DEPTHS + 0.05 * np.sin(2 * np.pi * (1.3 * x / TRACES + 0.4 * y / SECTIONS))
        steps = np.random.default_rng(42).uniform(-0.15, 0.15, 40)
        layer = np.clip((depth * 28).astype(int), 0, 39)
        model = self.mpi.DistributedArray(global_shape=SECTIONS * TRACES * DEPTHS, local_shapes=self.shapes(count))
        model[:] = (np.log(3.5 + 5 * depth) + steps[layer]).ravel()
        return model, count

    def shapes(self, count):
        return [(n * TRACES * DEPTHS,) for n in self.comm.allgather(count)]

    def wavelet(self):
        return self.local.utils.wavelets.ricker(0.004 * np.arange(21), 15)

    def inversions(self):
        local, mpi = self.local, self.mpi
        dims = (SECTIONS, TRACES, DEPTHS)

        def modelling():
            model, count = self.impedance()
            one = local.avo.poststack.PoststackLinearModelling(
                self.wavelet()[0], nt0=DEPTHS, spatdims=(count, TRACES)
            )
            # its model and data have depths first
            turn = local.Transpose((count, TRACES, DEPTHS), (2, 0, 1))
            return mpi.MPIBlockDiag([turn.H @ one @ turn]), model

        def start(model):
            x0 = model.copy()
            x0[:] = np.mean(model.local_array)
            return x0

        def poststack(adjoint):
            def prepare():
                op, model = modelling()
                y = op.matvec(model)
                return (lambda: op.rmatvec(y)) if adjoint else (lambda: op.matvec(model))

            return prepare

        def cgls():
            op, model = modelling()
            d, x0 = op.matvec(model), start(model)
            return lambda: mpi.cgls(op, d, x0=x0.copy(), niter=50, tol=0)

        def cg():
            op, model = modelling()
            laplacian = mpi.MPILaplacian(dims, axes=(0, 1, 2), weights=(1, 1, 1), sampling=(1, 1, 1))
            normal = op.H @ op + 100 * (laplacian.H @ laplacian)
            d, x0 = op.rmatvec(op.matvec(model)), start(model)
            return lambda: mpi.cg(normal, d, x0=x0.copy(), niter=50, tol=0)

        def fista():
            from pylops_mpi.optimization.eigs import power_iteration

            model, count = self.impedance()
            r = mpi.MPIFirstDerivative(SECTIONS * TRACES * DEPTHS).matvec(model)
            wavelet, _, center = self.wavelet()
            op = mpi.MPIBlockDiag(
                [local.signalprocessing.Convolve1D((count, TRACES, DEPTHS), wavelet, offset=center, axis=2)]
            )
            d = op.matvec(r)
            alpha = 0.95 / abs(power_iteration(op.H @ op, start(r), niter=30, tol=1e-3)[0])
            zero = r.copy()
            zero[:] = 0
            return lambda: mpi.fista(op, d, x0=zero.copy(), niter=50, eps=0.02, alpha=alpha, tol=0)

        return {
            "poststack_fwd": poststack(False),
            "poststack_adj": poststack(True),
            "poststack_cgls50": cgls,
            "poststack_cg50_laplacian": cg,
            "reflectivity_fista50": fista,
        }

    def migration(self):
        nx, nz, sources, receivers, nt = 81, 60, 20, 11, 651
        x, z, t = 4.0 * np.arange(nx), 4.0 * np.arange(nz), 0.004 * np.arange(nt)

        def stations(n, depth):
            return np.vstack((np.linspace(0, x[-1], n), np.full(n, depth)))

        def make():
            first, count = self.share(sources)
            wavelet, _, center = self.local.utils.wavelets.ricker(0.004 * np.arange(41), 20)
            one = self.local.waveeqprocessing.Kirchhoff(
                z,
                x,
                t,
                stations(sources, 20.0)[:, first : first + count],
                stations(receivers, 0.0),
                1000.0,
                wavelet,
                center,
                mode="analytic",
                engine="numba",
            )
            return self.mpi.MPIVStack([one])

        def image():
            return self.vector((nx, nz), everywhere=True)

        def cgls():
            op, m = make(), image()
            d, x0 = op.matvec(m), m.zeros_like()
            return lambda: self.mpi.cgls(op, d, x0=x0.copy(), niter=100, tol=0)

        return {**self.forward_and_adjoint("lsm", make, image), "lsm_cgls100": cgls}

    def tiny(self):
        def cgls():
            y = self.vector(1000)
            first, count = self.share(1000)
            op = self.mpi.MPIBlockDiag([self.local.Diagonal(1.0 + first + np.arange(count))])
            x0 = y.zeros_like()
            return lambda: self.mpi.cgls(op, y, x0=x0.copy(), niter=1000, tol=0)

        return {"cgls_tiny_n1000_it1000": cgls}

    def cases(self):
        return {
            **self.vectors(16_000_000),
            **self.vectors(1000, "_n1000"),
            "dot_conj_c128": lambda: (lambda x: lambda: x.dot(x, vdot=True))(self.vector(8_000_000, "complex128")),
            "axpy_f32": self.vectors(32_000_000, dtype="float32")["axpy"],
            **self.derivatives(),
            **self.products(),
            **self.transforms(),
            **self.inversions(),
            **self.migration(),
            **self.tiny(),
        }


class OneRank:
    """The communicator where mpi4py is missing."""

    rank, size = 0, 1


def has(package):
    return importlib.util.find_spec(package) is not None


def versioned(library):
    """The name of a library with its version, if it was installed with one."""
    try:
        return f"{library} {importlib.metadata.version(library)}"
    except importlib.metadata.PackageNotFoundError:
        return library


def catalogue():
    """The communicator, and by case the library and the function that prepares it."""
    comm, missing, cases = OneRank, set(), {}
    if has("mpi4py"):
        from mpi4py import MPI

        comm = MPI.COMM_WORLD
    elif int(os.environ.get("OMPI_COMM_WORLD_SIZE", os.environ.get("PMI_SIZE", 1))) > 1:
        return comm, {}
    if comm.size == 1:
        kernels = {**cupy_cases.kernel_cases(np, cupy_cases.SIDE), **cupy_cases.operator_cases(np, cupy_cases.SIDE, 1)}
        for name, prepare in {**{n: k[2] for n, k in kernels.items()}, **numpy_cases.cases()}.items():
            is_sparse = name.startswith("array_sparse")
            missing |= {name} if is_sparse and not has("scipy") else set()
            cases[name] = ("SciPy" if is_sparse else "NumPy", prepare)
    if all(has(package) for package in ("mpi4py", "pylops_mpi", "pylops")):
        peers = PyLopsCases(comm)
        needs = {"lsm": "numba", "fftnd": "mpi4py_fft"}
        for name, prepare in peers.cases().items():
            missing |= {name for start, package in needs.items() if name.startswith(start) and not has(package)}
            cases[name] = ("PyLops-MPI", prepare)
    return comm, {name: case for name, case in cases.items() if name not in missing}


def broadcast_number(comm, value):
    """Broadcasts a number from rank 0. The other ranks sleep during the wait."""
    if comm.size == 1:
        return value
    message = np.array([value], dtype="int64")
    request = comm.Ibcast(message, 0)
    while not request.Test():
        time.sleep(POLL_SECONDS)
    return int(message[0])


def timed(comm, run, calls):
    if comm.size > 1:
        comm.Barrier()
    start = time.perf_counter()
    for _ in range(calls):
        run()
    seconds = (time.perf_counter() - start) / calls
    return max(comm.allgather(seconds)) if comm.size > 1 else seconds


def main():
    comm, cases = catalogue()
    if "--list" in sys.argv:
        if comm.rank == 0:
            print("\n".join(cases))
        return
    library, prepare = cases[sys.argv[1]]
    run = prepare()
    once = timed(comm, run, 1)
    # the slowest rank's time is the same on all, so that all warm up as often
    for _ in range(min(1000, int(WARM_UP_SECONDS / once))):
        once = timed(comm, run, 1)
    calls = max(1, -int(-LEAST_SAMPLE_SECONDS // once))
    if comm.rank == 0:
        print(versioned(library), flush=True)
    while broadcast_number(comm, int(comm.rank == 0 and sys.stdin.readline() != "")):
        seconds = timed(comm, run, calls)
        if comm.rank == 0:
            print(seconds, flush=True)


if __name__ == "__main__":
    main()
