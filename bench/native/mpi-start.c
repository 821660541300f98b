/* Measures the cost of the start of any MPI program: it initialises and finalizes MPI. */
#include <mpi.h>

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Finalize();
  return 0;
}
