/*
 * FFTW's own MPI transform of N x N x N float64 data, with slabs along the first axis before and after, planned with FFTW_MEASURE.
 * `npm run bench` compares fftnd with it.
 *
 * Usage: mpiexec -n RANKS fftw-mpi N c2c_forward|c2c_backward|r2c|c2r
 * Prints its flops (5 n log2 n, half of it for real data). Then it prints, for every line that it reads, the seconds of one transform on the slowest rank.
 * Ranks that wait do not spin, so that the program that is timed alternately has the cores to itself.
 *
 * Build: mpicc -O3 -march=native fftw-mpi.c -o fftw-mpi -lfftw3_mpi -lfftw3 -lm
 */
#include <fftw3-mpi.h>
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Broadcasts one number from rank 0. The cores of the other ranks are idle during the wait. */
static int told(int value) {
  MPI_Request request;
  MPI_Ibcast(&value, 1, MPI_INT, 0, MPI_COMM_WORLD, &request);
  const struct timespec nap = {0, 200000};
  for (int done = 0;;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done) return value;
    nanosleep(&nap, NULL);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  fftw_mpi_init();
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  const ptrdiff_t n = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
  const char *kind = argc == 3 ? argv[2] : "";
  const int real = strcmp(kind, "r2c") == 0 || strcmp(kind, "c2r") == 0;
  if (n < 2 || (!real && strcmp(kind, "c2c_forward") != 0 && strcmp(kind, "c2c_backward") != 0)) {
    if (rank == 0) fprintf(stderr, "usage: fftw-mpi N c2c_forward|c2c_backward|r2c|c2r\n");
    MPI_Finalize();
    return 2;
  }
  const MPI_Comm comm = MPI_COMM_WORLD;
  ptrdiff_t local, start;
  const ptrdiff_t size = fftw_mpi_local_size_3d(n, n, real ? n / 2 + 1 : n, comm, &local, &start);
  double *x = fftw_alloc_real(2 * (size_t)size);
  double *y = fftw_alloc_real(2 * (size_t)size);
  if (x == NULL || y == NULL) MPI_Abort(comm, 1);
  fftw_complex *cx = (fftw_complex *)x, *cy = (fftw_complex *)y;
  fftw_plan plan;
  if (strcmp(kind, "r2c") == 0)
    plan = fftw_mpi_plan_dft_r2c_3d(n, n, n, x, cy, comm, FFTW_MEASURE);
  else if (strcmp(kind, "c2r") == 0)
    plan = fftw_mpi_plan_dft_c2r_3d(n, n, n, cx, y, comm, FFTW_MEASURE);
  else
    plan = fftw_mpi_plan_dft_3d(n, n, n, cx, cy, comm, strcmp(kind, "c2c_forward") == 0 ? FFTW_FORWARD : FFTW_BACKWARD, FFTW_MEASURE);
  if (plan == NULL) MPI_Abort(comm, 1);
  /* c2r overwrites its input; zeros remain zeros */
  for (ptrdiff_t i = 0; i < 2 * size; i++) {
    x[i] = strcmp(kind, "c2r") == 0 ? 0 : 1e-3 * (double)(i % 1000) - 0.5;
    y[i] = 0;
  }
  fftw_execute(plan);
  if (rank == 0) {
    const double count = (double)n * (double)n * (double)n;
    printf("%.0f\n", (real ? 2.5 : 5) * count * log2(count));
    fflush(stdout);
  }
  for (;;) {
    int key = 0;
    if (rank == 0)
      do key = getchar();
      while (key != EOF && key != '\n');
    if (told(key) == EOF) break;
    MPI_Barrier(comm);
    const double begin = MPI_Wtime();
    fftw_execute(plan);
    double seconds = MPI_Wtime() - begin, slowest;
    MPI_Reduce(&seconds, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, comm);
    if (rank == 0) {
      printf("%.9g\n", slowest);
      fflush(stdout);
    }
  }
  fftw_destroy_plan(plan);
  fftw_free(x);
  fftw_free(y);
  MPI_Finalize();
  return 0;
}
