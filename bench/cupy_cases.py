"""Times the cases of `npm run bench -- --backend cuda` that CuPy has, and prints a JSON line for each, in the same format.

    python3 bench/cupy_cases.py [CASE...] > cupy.jsonl
    npm run bench -- --backend cuda --against cupy.jsonl kernel misfit add

Arrays are those of bench/cases; outputs are reused where CuPy's functions take one. Seconds are the device's (cupy.cuda.Event). `--numpy` runs them with NumPy on
the CPU, by the clock of the process; `--small` takes 1/256 of the elements, to see that all cases run.
"""

import argparse
import json
import math
import resource
import statistics
import sys
import time

SIDE = 4096
LEAST_REPEATS = 7
LEAST_SECONDS = 1.0
LEAST_SAMPLE = 2e-3


def kernel_cases(xp, side):
    """name: (bytes of the least, or None, flops or None, prepare), prepare gives the function to time."""
    n = side * side

    def full(dtype="float64", value=2.0):
        return xp.full((side, side), value, dtype=dtype)

    def unary(function):
        return lambda: (lambda x, y: lambda: function(x, out=y))(full(), full())

    def combine(terms):
        def prepare():
            xs, y, z = [full() for _ in range(terms)], full(), full()

            def run():
                xp.multiply(xs[0], 1.0, out=y)
                for k in range(1, terms):
                    xp.multiply(xs[k], float(k + 1), out=z)
                    xp.add(y, z, out=y)

            return run

        return prepare

    def dots4():
        pairs = [(full().ravel(), full().ravel()) for _ in range(4)]
        return lambda: [float(xp.dot(x, y)) for x, y in pairs]

    def transpose():
        x, y = full(), full()
        return lambda: xp.copyto(y, x.T)

    def soft():
        x, y = full(), full()
        return lambda: xp.multiply(xp.sign(x), xp.maximum(xp.abs(x) - 0.5, 0.0), out=y)

    def where():
        c, x, y = full("int32", 1), full(), full()
        return lambda: xp.where(c, x, y)

    def cast():
        x, y = full(), full("float32")
        return lambda: xp.copyto(y, x, casting="same_kind")

    def rows(scatter):
        x, y = full(), full()
        index = xp.asarray([(i * 1025) % side for i in range(side)])
        if not scatter:
            return lambda: xp.take(x, index, axis=0, out=y)
        add_at = getattr(xp.add, "at")
        return lambda: add_at(y, index, x)

    def reduction(function, *args, **options):
        return lambda: (lambda x: lambda: function(x, *args, **options))(full())

    def waited(function):
        """Returns a number, like the kernels of this library."""
        return lambda: (lambda x: lambda: float(function(x)))(full())

    def misfit(x, y):
        return xp.sqrt(xp.square(x - y) + 1)

    def misfit_fused():
        x, y = full(), full()
        kernel = xp.fuse(misfit) if hasattr(xp, "fuse") else misfit
        return lambda: kernel(x, y)

    def misfit_composed():
        x, y = full(), full()
        return lambda: misfit(x, y)

    return {
        "kernel_fill": (8 * n, None, lambda: (lambda y: lambda: y.fill(3))(full())),
        "kernel_cast": (12 * n, None, cast),
        "kernel_sqrt": (16 * n, None, unary(xp.sqrt)),
        "kernel_scale": (16 * n, None, lambda: (lambda x, y: lambda: xp.multiply(x, 3.0, out=y))(full(), full())),
        "kernel_threshold": (16 * n, None, soft),
        "kernel_where": (28 * n, None, where),
        "kernel_combine4": (40 * n, None, combine(4)),
        "kernel_combine8": (72 * n, None, combine(8)),
        "kernel_transpose": (16 * n, None, transpose),
        "kernel_dots4": (64 * n, None, dots4),
        "kernel_sum": (8 * n, None, waited(xp.sum)),
        "kernel_sum_rows": (8 * n, None, reduction(xp.sum, axis=1)),
        "kernel_sum_columns": (8 * n, None, reduction(xp.sum, axis=0)),
        "kernel_argmax": (8 * n, None, waited(xp.argmax)),
        "kernel_median": (8 * n, None, waited(lambda x: xp.partition(x.ravel(), n // 2)[n // 2])),
        "kernel_cumsum": (16 * n, None, lambda: (lambda x, y: lambda: xp.cumsum(x, axis=1, out=y))(full(), full())),
        "kernel_gather": (16 * n, None, lambda: rows(False)),
        "kernel_scatter": (24 * n, None, lambda: rows(True)),
        "misfit_fused": (24 * n, None, misfit_fused),
        "misfit_composed": (24 * n, None, misfit_composed),
    }


def vector_cases(xp, n, suffix=""):
    def full(dtype="float64", value=1e-3, size=n):
        return xp.full(size, value, dtype=dtype)

    def axpy(dtype="float64", size=n):
        x, y, z = full(dtype, size=size), full(dtype, size=size), full(dtype, size=size)

        def run():
            xp.multiply(x, x.dtype.type(1.5), out=z)
            xp.add(z, y, out=z)

        return run

    def in_place():
        x, y = full(), full()

        def run():
            nonlocal x
            x += y

        return run

    norm = xp.linalg.norm
    cases = {
        "add": (24 * n, None, lambda: (lambda x, y: lambda: x + y)(full(), full())),
        "axpy": (24 * n, None, axpy),
        "iadd": (24 * n, None, in_place),
        "dot": (16 * n, None, lambda: (lambda x, y: lambda: float(xp.dot(x, y)))(full(), full())),
        "norm2": (8 * n, None, lambda: (lambda x: lambda: float(norm(x)))(full())),
        "norm1": (8 * n, None, lambda: (lambda x: lambda: float(norm(x, 1)))(full())),
        "copy": (16 * n, None, lambda: (lambda x, y: lambda: xp.copyto(y, x))(full(), full())),
    }
    if suffix:
        return {name + suffix: case for name, case in cases.items()}
    return {
        **cases,
        "dot_conj_c128": (8 * n, None, lambda: (lambda x: lambda: complex(xp.vdot(x, x)))(full("complex128", size=n // 2))),
        "axpy_f32": (24 * n, None, lambda: axpy("float32", 2 * n)),
    }


def operator_cases(xp, side, cut):
    """Derivatives along the first axis of 96 x 512 x 512 as slices, products of matrices, the transform of 256^3."""
    dims = (max(8, 96 // cut), max(8, 512 // cut), max(8, 512 // cut))
    n = dims[0] * dims[1] * dims[2]
    edge = max(8, 2048 // cut)
    cube = max(8, 256 // cut)

    def first():
        x, y = xp.full(dims, 2.0), xp.zeros(dims)

        def run():
            xp.subtract(x[2:], x[:-2], out=y[1:-1])
            xp.multiply(y[1:-1], 0.5, out=y[1:-1])

        return run

    def second():
        x, y = xp.full(dims, 2.0), xp.zeros(dims)

        def run():
            xp.add(x[2:], x[:-2], out=y[1:-1])
            y[1:-1] -= 2 * x[1:-1]

        return run

    def gemm(dtype):
        def prepare():
            a, b, c = (xp.full((edge, edge), value, dtype=dtype) for value in (0.5, 0.25, 0))
            return lambda: xp.matmul(a, b, out=c)

        return prepare

    def transform():
        x = xp.full((cube,) * 3, 1 + 1j)
        return lambda: xp.fft.fftn(x)

    flops = 5 * cube**3 * math.log2(cube**3)
    return {
        "firstderivative_fwd": (16 * n, None, first),
        "secondderivative_fwd": (16 * n, None, second),
        "gemm_f64": (None, 2 * edge**3, gemm("float64")),
        "gemm_f32": (None, 2 * edge**3, gemm("float32")),
        "fftnd_c128_fwd": (None, flops, transform),
    }


class DeviceClock:
    """Seconds between two events on the device."""

    def __init__(self, cupy):
        self.cupy = cupy
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
        self.name = properties["name"].decode()
        self.peak = 2e3 * properties.get("memoryClockRate", 0) * properties.get("memoryBusWidth", 0) / 8

    def __call__(self, run, calls):
        start, end = self.cupy.cuda.Event(), self.cupy.cuda.Event()
        began = time.perf_counter()
        start.record()
        for _ in range(calls):
            run()
        end.record()
        end.synchronize()
        return (time.perf_counter() - began) / calls, self.cupy.cuda.get_elapsed_time(start, end) / 1e3 / calls


class ProcessClock:
    name = None
    peak = 0

    def __call__(self, run, calls):
        began = time.perf_counter()
        for _ in range(calls):
            run()
        seconds = (time.perf_counter() - began) / calls
        return seconds, seconds


def measure(run, clock, quick):
    run()
    calls = 1 if quick else max(1, -int(-LEAST_SAMPLE // max(clock(run, 1)[0], 1e-9)))
    times, spent = [], 0.0
    while len(times) < (1 if quick else LEAST_REPEATS) or (not quick and spent < LEAST_SECONDS):
        times.append(clock(run, calls))
        spent += calls * times[-1][0]
    return times


def result_of(name, case, clock, backend, quick):
    least, flops, prepare = case
    times = measure(prepare(), clock, quick)
    walls, devices = [t[0] for t in times], [t[1] for t in times]
    seconds = statistics.median(devices)
    result = {
        "case": name,
        "params": {},
        "ranks": 1,
        "backend": backend,
        "seconds_median": statistics.median(walls),
        "seconds_min": min(walls),
        "repeats": len(times),
    }
    if clock.name is not None:
        result.update(device=clock.name, device_seconds_median=seconds, device_seconds_min=min(devices))
    if least is not None:
        result.update(bytes=least, GB_per_s=1e-9 * least / seconds)
        if clock.peak > 0:
            result.update(limit=1e-9 * clock.peak, limit_loop="peak", share_of_limit=least / seconds / clock.peak)
    if flops is not None:
        result.update(flops=flops, GFLOP_per_s=1e-9 * flops / seconds)
    result["maxrss_MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="names, or how names begin; default all")
    parser.add_argument("--numpy", action="store_true", help="with NumPy on the CPU")
    parser.add_argument("--small", action="store_true", help="small arrays, one timing")
    parser.add_argument("--list", action="store_true", help="names of the cases")
    options = parser.parse_args()
    try:
        if options.numpy:
            import numpy as xp
        else:
            import cupy as xp
    except ImportError as error:
        sys.exit(f"cupy_cases.py: {error}: pip install cupy-cuda12x (or the one of your CUDA), or --numpy")
    clock = ProcessClock() if options.numpy else DeviceClock(xp)
    cut = 16 if options.small else 1
    cases = {
        **vector_cases(xp, 16_000_000 // cut**2),
        **vector_cases(xp, 1000, "_n1000"),
        **kernel_cases(xp, SIDE // cut),
        **operator_cases(xp, SIDE // cut, cut),
    }
    names = [n for n in cases if not options.cases or any(n == c or (c not in cases and n.startswith(c + "_")) for c in options.cases)]
    if not names:
        sys.exit(f"cupy_cases.py: no case {' '.join(options.cases)}; there are: {' '.join(cases)}")
    for name in names:
        if options.list:
            print(name)
            continue
        print(json.dumps(result_of(name, cases[name], clock, "numpy" if options.numpy else "cupy", options.small)), flush=True)


if __name__ == "__main__":
    main()
