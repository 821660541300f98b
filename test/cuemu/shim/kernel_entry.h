// The entry of a kernel: parameters are copied, device pointers among them are translated, threads run.
#pragma once

/** Every aligned 8-byte word of a pointer or a struct that is a device address is translated. */
template <class T>
struct cuemu_translate {
  static void fix(T &value) {
    if (sizeof(T) < 8 || alignof(T) < 8) return;
    for (unsigned i = 0; i + 8 <= sizeof(T); i += 8) {
      uint64_t word;
      __builtin_memcpy(&word, (char *)&value + i, 8);
      if (word - cuemu_st.runtime->base >= cuemu_st.runtime->size) continue;
      word += cuemu_st.runtime->delta;
      __builtin_memcpy((char *)&value + i, &word, 8);
    }
  }
};
#define CUEMU_PLAIN(T)            \
  template <>                     \
  struct cuemu_translate<T> {     \
    static void fix(T &) {}       \
  };
CUEMU_PLAIN(long) CUEMU_PLAIN(unsigned long) CUEMU_PLAIN(long long) CUEMU_PLAIN(unsigned long long) CUEMU_PLAIN(double)

template <unsigned... I>
struct cuemu_indices {};
template <unsigned N, unsigned... I>
struct cuemu_make_indices : cuemu_make_indices<N - 1, N - 1, I...> {};
template <unsigned... I>
struct cuemu_make_indices<0, I...> {
  typedef cuemu_indices<I...> type;
};

template <unsigned I, class T>
struct cuemu_leaf {
  T value;
};
template <class Indices, class... A>
struct cuemu_frame;
template <unsigned... I, class... A>
struct cuemu_frame<cuemu_indices<I...>, A...> : cuemu_leaf<I, A>... {
  void bind(void **from) {
    (void)from;
    const int done[] = {0, (__builtin_memcpy((void *)&((cuemu_leaf<I, A> *)this)->value, from[I], sizeof(A)),
                            cuemu_translate<A>::fix(((cuemu_leaf<I, A> *)this)->value), 0)...};
    (void)done;
  }
  template <void (*K)(A...)>
  void run() {
    cuemu_state &s = cuemu_st;
    const unsigned bx = s.block_dim.x, by = s.block_dim.y, count = s.count;
    while (s.next < count) {
      unsigned t = s.next++;
      if (s.reverse) t = count - 1 - t;
      s.linear = t;
      s.thread.x = t % bx;
      s.thread.y = t / bx % by;
      s.thread.z = t / bx / by;
      K(((cuemu_leaf<I, A> *)this)->value...);
      s.exited++;
    }
  }
};

template <class F, F K>
struct cuemu_entry;
template <class... A, void (*K)(A...)>
struct cuemu_entry<void (*)(A...), K> {
  typedef cuemu_frame<typename cuemu_make_indices<sizeof...(A)>::type, A...> frame;
  static void bind(void **from, void *to) { ((frame *)to)->bind(from); }
  static void run(void *from) { ((frame *)from)->template run<K>(); }
  static cuemu_kernel make(const char *name) {
    static const unsigned sizes[] = {sizeof(A)..., 0};
    return {name, sizeof...(A), sizes, bind, sizeof(frame), run};
  }
};

#define CUEMU_EXPORT extern "C" __attribute__((visibility("default")))
#define CUEMU_KERNEL(id, ...)                                                                                            \
  CUEMU_EXPORT const cuemu_kernel *cuemu_k_##id() {                                                                      \
    static const cuemu_kernel kernel = cuemu_entry<decltype(&__VA_ARGS__), &__VA_ARGS__>::make(#__VA_ARGS__);            \
    return &kernel;                                                                                                      \
  }

CUEMU_EXPORT cuemu_state *cuemu_module_state() { return &cuemu_st; }
extern "C" char __start_cuemu_shared[] __attribute__((weak, visibility("hidden"))), __stop_cuemu_shared[] __attribute__((weak, visibility("hidden")));
CUEMU_EXPORT void cuemu_module_shared(char **start, char **end) {
  *start = __start_cuemu_shared;
  *end = __stop_cuemu_shared;
}
