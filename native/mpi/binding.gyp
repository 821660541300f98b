{
  'targets': [
    {
      'target_name': 'lops_mpi',
      'sources': [
        'module.cpp',
        'life-cycle.cpp',
        'joining.cpp',
        'errors.cpp',
        'types.cpp',
        'comm.cpp',
        'device-memory.cpp',
        'collectives.cpp',
        'vector-collectives.cpp',
        'point-to-point.cpp',
        'requests.cpp',
        'last-words.cpp',
        'monitor.cpp',
        'node-page.cpp',
        'watchdog.cpp',
        'signals.cpp',
      ],
      # The second is given by scripts/build-native.mjs
      'include_dirs': ['../common', '<(node_addon_api)'],
      'defines': [
        'NAPI_VERSION=8',
        'NODE_ADDON_API_CPP_EXCEPTIONS',
        'OMPI_SKIP_MPICXX',
        'MPICH_SKIP_MPICXX',
        'LOPS_MPICC="<!(node mpi-flags.mjs mpicc)"',
      ],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
      # Without contraction a product does not depend on the order of its factors: all ranks get the same bits.
      'cflags_cc': ['-std=c++17', '-O3', '-Wall', '-Wextra', '-ffp-contract=off', '-fvisibility=hidden', '<!@(node mpi-flags.mjs cflags)'],
      'libraries': ['<!@(node mpi-flags.mjs ldflags)'],
      'conditions': [
        # shm_open, in C libraries before glibc 2.34
        ['OS=="linux"', {'libraries': ['-lrt']}],
        ['OS=="mac"', {
          'xcode_settings': {
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
            'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
            'GCC_ENABLE_CPP_RTTI': 'YES',
            'OTHER_CPLUSPLUSFLAGS': ['-O3', '-ffp-contract=off', '<!@(node mpi-flags.mjs cflags)'],
          },
        }],
      ],
    },
  ],
}
