{
  'targets': [
    {
      'target_name': 'lops_cuda',
      'sources': [
        'addon.cpp',
        'blas.cpp',
        'context.cpp',
        'errors.cpp',
        'fourier.cpp',
        'kernel-cache.cpp',
        'libraries.cpp',
        'memory.cpp',
        'modules.cpp',
        'nccl.cpp',
        'pool.cpp',
        'solver.cpp',
      ],
      # The second is given by scripts/build-native.mjs
      'include_dirs': ['../common', '<(node_addon_api)'],
      # Experimental: finalizers run during garbage collection. In a loop that never returns to the event loop others would never run.
      'defines': ['NAPI_EXPERIMENTAL', 'NODE_ADDON_API_CPP_EXCEPTIONS'],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': ['-std=c++17', '-O2', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'libraries': ['-ldl'],
    },
  ],
}
