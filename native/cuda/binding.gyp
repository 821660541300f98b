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
      ],
      'include_dirs': ['../common'],
      # Experimental: finalizers run during garbage collection. In a loop that never returns to the event loop others would never run.
      'defines': ['NAPI_EXPERIMENTAL'],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': ['-std=c++17', '-O2', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'libraries': ['-ldl'],
    },
  ],
}
