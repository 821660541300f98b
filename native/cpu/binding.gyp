{
  'targets': [
    {
      'target_name': 'lops_cpu',
      'sources': [
        'addon.cpp',
        'dispatch.cpp',
        'level-baseline.cpp',
        'level-avx2.cpp',
        'level-avx512.cpp',
        'vectors.cpp',
        'program.cpp',
        'accumulate.cpp',
        'sort.cpp',
        'search.cpp',
        'strided.cpp',
        'stencil.cpp',
        'long-band.cpp',
        'convolve.cpp',
        'indexed.cpp',
        'sparse.cpp',
        'curves.cpp',
        'varying-convolution.cpp',
        'windows.cpp',
        'random.cpp',
        'matmul.cpp',
        'lapack.cpp',
        'fft.cpp',
      ],
      # Given by scripts/build-native.mjs
      'include_dirs': ['<(node_addon_api)'],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_CPP_EXCEPTIONS', '<!@(node library-flags.mjs defines)'],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
      # No -ffast-math: sums keep their order, NaN and infinity their meaning. No -march: instruction sets are chosen at load.
      'cflags_cc': [
        '-std=c++17', '-O3', '-Wall', '-Wextra', '-Wno-psabi', '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast', '-fvisibility=hidden',
        '<!@(node library-flags.mjs cflags)',
      ],
      'libraries': ['<!@(node library-flags.mjs ldflags)'],
      'conditions': [
        ['OS=="mac"', {
          'xcode_settings': {
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
            'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
            'GCC_ENABLE_CPP_RTTI': 'YES',
            'OTHER_CPLUSPLUSFLAGS': ['-O3', '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast', '<!@(node library-flags.mjs cflags)'],
          },
        }],
      ],
    },
  ],
}
