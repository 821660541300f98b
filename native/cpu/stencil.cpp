// The stencil is computed in one pass. Axes without bands are merged. The rest is a loop over rows
// (runs of memory), and each row of the output is one weighted sum of a few runs of the input: the
// row itself, rows shifted along the outer axes, the row shifted by elements along the last axis,
// and ghost rows. Neighbouring rows with the same shifts are computed as one long run. The few
// elements at their ends have other sums and are then computed again. The order of the rows keeps
// the planes that a shift along the outermost banded axis needs in the cache.

#include "stencil.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#if defined(__linux__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include "addon.hpp"
#include "arrays.hpp"

namespace lops {
namespace {

/** Half of the second-level cache: the largest size of a window of rows. */
std::ptrdiff_t windowBytes() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
  static const long size = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (size >= 128 * 1024) return std::min<std::ptrdiff_t>(size, 4 << 20) / 2;
#endif
  return 256 * 1024;
}

template <typename T>
class Walk : public StencilPlan<T> {
 public:
  explicit Walk(const StencilSpec<T>& spec) : spec_(spec) { plan(); }

  void run(const T* x, T* y) override {
    if (total_ == 0) return;
    x_ = x;
    y_ = y;
    visit(0, 0);
    if (writing_.stream) streamFence();
  }

 private:
  /** An axis, or several merged axes without bands. */
  struct Group {
    std::ptrdiff_t n, stride, lo, hi;
    std::vector<const Band<T>*> bands;
  };
  /** A part of each row in which the shifts along the last axis are the same. */
  struct Term {
    const T* const* ghost;  // a ghost of a band; null: x
    std::ptrdiff_t rowStride;
    std::ptrdiff_t offset;
    T c;
  };
  struct Piece {
    std::ptrdiff_t begin, end;
    T centre;
    bool hasCentre;
    std::vector<Term> terms;
  };

  void plan() {
    const std::size_t ndim = spec_.shape.size();
    std::vector<bool> marked(ndim, false);
    for (const Band<T>& band : spec_.bands) marked[band.axis] = true;
    const bool partial = spec_.start > 0 || spec_.end < spec_.shape[spec_.axis];
    if (partial) marked[spec_.axis] = true;
    total_ = 1;
    for (const std::ptrdiff_t n : spec_.shape) total_ *= n;
    std::ptrdiff_t stride = total_;
    if (total_ == 0) return;
    if (std::max<std::ptrdiff_t>(0, spec_.start) >= std::min(spec_.end, spec_.shape[spec_.axis])) {
      total_ = 0;
      return;
    }
    bool previous = true;
    std::size_t last = ndim;  // group of the last marked axis
    for (std::size_t k = 0; k < ndim; k++) {
      const std::ptrdiff_t n = spec_.shape[k];
      stride /= n;
      if (marked[k] || previous || groups_.empty()) groups_.push_back({1, stride, 0, 1, {}});
      Group& group = groups_.back();
      group.n *= n;
      group.stride = stride;
      group.lo = 0;
      group.hi = group.n;
      if (marked[k]) {
        last = groups_.size() - 1;
        for (const Band<T>& band : spec_.bands) {
          if (band.axis == k) group.bands.push_back(&band);
        }
        if (partial && spec_.axis == k) {
          group.lo = std::max<std::ptrdiff_t>(0, spec_.start);
          group.hi = std::min(n, spec_.end);
        }
      }
      previous = marked[k];
    }
    planRow(last);
    planBlocks();
    std::size_t most = 1;
    for (const Piece& piece : pieces_) most = std::max(most, piece.terms.size() + 2);
    for (std::size_t g = 0; g < outer_; g++) {
      for (const Band<T>* band : groups_[g].bands) {
        for (const BandSegment& segment : band->segments) most += segment.count;
      }
    }
    pointers_.resize(most);
    coefficients_.resize(most);
    p_.resize(most);
    c_.resize(most);
    strides_.resize(most);
    index_.resize(groups_.size());
    planSpans();
    writing_ = {spec_.add, !spec_.add && static_cast<std::size_t>(total_) * sizeof(T) >= streamBytes};
  }

  /** Determines which groups form the row, and its pieces. */
  void planRow(std::size_t last) {
    const bool any = last < groups_.size();
    const std::ptrdiff_t inner = any ? groups_[last].stride : total_;
    if (!any || inner * static_cast<std::ptrdiff_t>(sizeof(T)) >= longRun) {
      outer_ = any ? last + 1 : 0;
      row_ = inner;
      pieces_.push_back({0, inner, T(0), false, {}});
    } else {
      outer_ = last;
      const Group& group = groups_[last];
      row_ = group.n * inner;
      cut(group, inner);
    }
    runLo_ = 0;
    runHi_ = row_;
  }

  /** Cuts the last banded axis where its taps, or the memory that they access, change. */
  void cut(const Group& group, std::ptrdiff_t inner) {
    const std::ptrdiff_t n = group.n;
    std::vector<std::ptrdiff_t> cuts = {group.lo, group.hi};
    for (const Band<T>* band : group.bands) {
      for (const BandSegment& s : band->segments) {
        cuts.push_back(s.start);
        cuts.push_back(s.end);
        for (std::size_t k = 0; k < s.count; k++) {
          const std::ptrdiff_t shift = s.lo + static_cast<std::ptrdiff_t>(k);
          for (const std::ptrdiff_t edge : {-band->frontWidth, std::ptrdiff_t(0), n, n + band->backWidth}) {
            if (edge - shift > s.start && edge - shift < s.end) cuts.push_back(edge - shift);
          }
        }
      }
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    for (std::size_t c = 0; c + 1 < cuts.size(); c++) {
      const std::ptrdiff_t begin = cuts[c];
      const std::ptrdiff_t end = cuts[c + 1];
      if (begin < group.lo || end > group.hi) continue;
      Piece piece = {begin * inner, end * inner, T(0), false, {}};
      for (const Band<T>* band : group.bands) {
        for (const BandSegment& s : band->segments) {
          if (begin < s.start || begin >= s.end) continue;
          for (std::size_t k = 0; k < s.count; k++)
            addTerm(piece, *band, n, inner, begin, s.lo + static_cast<std::ptrdiff_t>(k),
                    static_cast<T>(s.taps[k]));
        }
      }
      pieces_.push_back(std::move(piece));
    }
  }

  /**
   * True if two coefficients of one element may be added. Opposite terms of an infinity give NaN,
   * but the sum of their coefficients would give a number.
   */
  static bool agree(T a, T b) { return (a >= 0 && b >= 0) || (a <= 0 && b <= 0); }

  static void addTerm(Piece& piece, const Band<T>& band, std::ptrdiff_t n, std::ptrdiff_t inner,
                      std::ptrdiff_t begin, std::ptrdiff_t shift, T c) {
    const std::ptrdiff_t cell = begin + shift;
    if (c == 0) return;
    if (cell < 0) {
      if (cell + band.frontWidth >= 0)
        piece.terms.push_back({&band.front, band.frontWidth * inner, (shift + band.frontWidth) * inner, c});
    } else if (cell >= n) {
      if (cell - n < band.backWidth)
        piece.terms.push_back({&band.back, band.backWidth * inner, (shift - n) * inner, c});
    } else if (shift == 0 && agree(piece.centre, c)) {
      piece.centre += c;
      piece.hasCentre = true;
    } else {
      piece.terms.push_back({nullptr, 0, shift * inner, c});
    }
  }

  /**
   * Blocks the axis inside the outermost banded axis, so that the window of rows that a shift needs
   * stays in the second-level cache.
   */
  void planBlocks() {
    blocked_ = groups_.size();
    for (std::size_t g = 0; g < outer_; g++) {
      if (groups_[g].bands.empty()) continue;
      std::ptrdiff_t lowest = 0;
      std::ptrdiff_t highest = 0;
      for (const Band<T>* band : groups_[g].bands) {
        for (const BandSegment& s : band->segments) {
          lowest = std::min(lowest, s.lo);
          highest = std::max(highest, s.lo + static_cast<std::ptrdiff_t>(s.count) - 1);
        }
      }
      // cells further away are in no row of x
      lowest = std::max(lowest, -groups_[g].n);
      highest = std::min(highest, groups_[g].n);
      const std::ptrdiff_t rows = highest - lowest + 2;
      blocked_ = g;
      const bool inRow = g + 1 == outer_;
      const std::ptrdiff_t unit =
          static_cast<std::ptrdiff_t>(sizeof(T)) * rows * (inRow ? 1 : groups_[g + 1].stride);
      block_ = std::max<std::ptrdiff_t>(windowBytes() / unit, inRow ? 2048 : 8);
      if (inRow) block_ -= block_ % 512;
      return;
    }
  }

  /**
   * Determines which neighbouring rows can be computed as one run: short rows whose pieces cover
   * every element.
   */
  void planSpans() {
    if (outer_ == 0 || spec_.add || row_ * static_cast<std::ptrdiff_t>(sizeof(T)) >= longRun) return;
    std::ptrdiff_t at = 0;
    for (std::size_t k = 0; k < pieces_.size(); k++) {
      const Piece& piece = pieces_[k];
      if (piece.begin != at) return;
      at = piece.end;
      if (piece.end - piece.begin > pieces_[longest_].end - pieces_[longest_].begin) longest_ = k;
    }
    if (at != row_ || 2 * (pieces_[longest_].end - pieces_[longest_].begin) < row_) return;
    for (const Term& term : pieces_[longest_].terms) {
      if (term.ghost != nullptr) return;
    }
    // the places where the terms of the last outer axis change, or reach a ghost cell
    const Group& group = groups_[outer_ - 1];
    std::vector<std::ptrdiff_t> cuts = {group.lo, group.hi};
    for (const Band<T>* band : group.bands) {
      for (const BandSegment& s : band->segments) {
        const std::ptrdiff_t hi = s.lo + static_cast<std::ptrdiff_t>(s.count) - 1;
        for (const std::ptrdiff_t cut :
             {s.start, s.end, std::max(s.start, -s.lo), std::min(s.end, group.n - hi)})
          cuts.push_back(cut);
      }
    }
    for (std::ptrdiff_t& cut : cuts) cut = std::clamp(cut, group.lo, group.hi);
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    for (std::size_t c = 0; c + 1 < cuts.size(); c++) {
      bool inside = true;
      for (const Band<T>* band : group.bands) {
        for (const BandSegment& s : band->segments) {
          if (cuts[c] < s.start || cuts[c] >= s.end || s.count == 0) continue;
          inside = inside && cuts[c] + s.lo >= 0 &&
                   cuts[c + 1] + s.lo + static_cast<std::ptrdiff_t>(s.count) - 2 < group.n;
        }
      }
      if (inside) spans_.push_back({cuts[c], cuts[c + 1]});
    }
  }

  void visit(std::size_t g, std::ptrdiff_t offset) {
    if (g == outer_) {
      row(offset);
      return;
    }
    if (g == blocked_) {
      const bool inRow = g + 1 == outer_;
      const std::ptrdiff_t lo = inRow ? 0 : groups_[g + 1].lo;
      const std::ptrdiff_t hi = inRow ? row_ : groups_[g + 1].hi;
      std::ptrdiff_t& from = inRow ? runLo_ : groups_[g + 1].lo;
      std::ptrdiff_t& to = inRow ? runHi_ : groups_[g + 1].hi;
      for (std::ptrdiff_t start = lo; start < hi; start += block_) {
        from = start;
        to = std::min(hi, start + block_);
        each(g, offset);
      }
      from = lo;
      to = hi;
      return;
    }
    each(g, offset);
  }

  void each(std::size_t g, std::ptrdiff_t offset) {
    const Group& group = groups_[g];
    const bool last = g + 1 == outer_ && runLo_ == 0 && runHi_ == row_;
    std::size_t span = 0;
    for (std::ptrdiff_t i = group.lo; i < group.hi;) {
      index_[g] = i;
      while (last && span < spans_.size() && spans_[span].hi <= i) span++;
      if (last && span < spans_.size() && spans_[span].lo <= i) {
        const std::ptrdiff_t end = std::min(group.hi, spans_[span].hi);
        rows(offset + i * group.stride, end - i);
        i = end;
      } else {
        visit(g + 1, offset + i * group.stride);
        i++;
      }
    }
  }

  /**
   * Stores the terms of a row that come from outer axes, for its first lane, in pointers_ and
   * coefficients_.
   */
  void collect(std::ptrdiff_t offset) {
    count_ = 0;
    centre_ = 0;
    hasCentre_ = false;
    for (std::size_t g = 0; g < outer_; g++) {
      const Group& group = groups_[g];
      for (const Band<T>* band : group.bands) {
        const std::ptrdiff_t i = index_[g];
        for (const BandSegment& s : band->segments) {
          if (i < s.start || i >= s.end) continue;
          for (std::size_t k = 0; k < s.count; k++) {
            const T c = static_cast<T>(s.taps[k]);
            const std::ptrdiff_t shift = s.lo + static_cast<std::ptrdiff_t>(k);
            if (c == 0) continue;
            if (shift == 0 && agree(centre_, c)) {
              centre_ += c;
              hasCentre_ = true;
              continue;
            }
            const T* p = cellOf(*band, group, offset, i, i + shift);
            if (p == nullptr) continue;
            pointers_[count_] = p;
            coefficients_[count_++] = c;
          }
        }
      }
    }
  }

  /** Computes one row of the output, from lane `offset` on. */
  void row(std::ptrdiff_t offset) {
    collect(offset);
    for (const Piece& piece : pieces_) {
      const std::ptrdiff_t begin = std::max(piece.begin, runLo_);
      const std::ptrdiff_t end = std::min(piece.end, runHi_);
      if (begin >= end) continue;
      const std::size_t m = termsOf(piece, offset);
      for (std::size_t k = 0; k < m; k++) p_[k] += begin;
      loops_.terms(static_cast<std::size_t>(end - begin), m, p_.data(), c_.data(), y_ + offset + begin,
                   writing_);
    }
  }

  /**
   * Computes rows with the same terms; the first is at lane `offset`. The longest piece is computed
   * as one run over all rows, and then the other pieces are overwritten.
   */
  void rows(std::ptrdiff_t offset, std::ptrdiff_t many) {
    collect(offset);
    const Piece& longest = pieces_[longest_];
    std::size_t m = termsOf(longest, offset);
    for (std::size_t k = 0; k < m; k++) p_[k] += longest.begin;
    loops_.terms(static_cast<std::size_t>((many - 1) * row_ + longest.end - longest.begin), m, p_.data(),
                 c_.data(), y_ + offset + longest.begin, writing_);
    for (const Piece& piece : pieces_) {
      if (&piece == &longest) continue;
      m = termsOf(piece, offset);
      for (std::ptrdiff_t e = piece.begin; e < piece.end; e++) {
        T* y = y_ + offset + e;
        for (std::ptrdiff_t r = 0; r < many; r++) {
          T sum = 0;
          for (std::size_t k = 0; k < m; k++) sum += c_[k] * p_[k][r * strides_[k] + e];
          y[r * row_] = sum;
        }
      }
    }
  }

  /**
   * Stores all terms of a piece of a row in p_, c_ and strides_ (the distance between rows). The
   * pointers refer to the first lane of the row.
   */
  std::size_t termsOf(const Piece& piece, std::ptrdiff_t offset) {
    std::size_t m = 0;
    const auto put = [&](const T* p, T c, std::ptrdiff_t stride) {
      p_[m] = p;
      c_[m] = c;
      strides_[m++] = stride;
    };
    if (agree(centre_, piece.centre)) {
      if (hasCentre_ || piece.hasCentre) put(x_ + offset, centre_ + piece.centre, row_);
    } else {
      put(x_ + offset, centre_, row_);
      put(x_ + offset, piece.centre, row_);
    }
    for (std::size_t k = 0; k < count_; k++) put(pointers_[k], coefficients_[k], row_);
    for (const Term& term : piece.terms) {
      if (term.ghost == nullptr) {
        put(x_ + offset + term.offset, term.c, row_);
      } else {
        put(*term.ghost + offset / row_ * term.rowStride + term.offset, term.c, term.rowStride);
      }
    }
    return m;
  }

  /**
   * The row of a neighbouring cell of an outer axis: in x, in a ghost, or null if it does not
   * exist.
   */
  const T* cellOf(const Band<T>& band, const Group& group, std::ptrdiff_t offset, std::ptrdiff_t i,
                  std::ptrdiff_t cell) const {
    if (cell >= 0 && cell < group.n) return x_ + offset + (cell - i) * group.stride;
    const bool before = cell < 0;
    const std::ptrdiff_t width = before ? band.frontWidth : band.backWidth;
    const std::ptrdiff_t place = before ? cell + width : cell - group.n;
    if (place < 0 || place >= width) return nullptr;
    const std::ptrdiff_t above = offset / (group.n * group.stride);
    return (before ? band.front : band.back) + (above * width + place) * group.stride + offset % group.stride;
  }

  const StencilSpec<T>& spec_;
  const T* x_ = nullptr;
  T* y_ = nullptr;
  const FloatLoops<T>& loops_ = of<T>(loops());
  std::ptrdiff_t total_ = 0;
  std::vector<Group> groups_;
  /** Groups 0 … outer_ − 1 are loops, and the others form the row. */
  std::size_t outer_ = 0;
  std::ptrdiff_t row_ = 0;
  std::ptrdiff_t runLo_ = 0, runHi_ = 0;
  std::vector<Piece> pieces_;
  std::size_t blocked_ = 0;
  std::ptrdiff_t block_ = 0;
  std::vector<std::ptrdiff_t> index_;
  std::vector<const T*> pointers_;
  std::vector<T> coefficients_;
  /** For the current row: the number of terms of outer axes, and all terms of a piece. */
  std::size_t count_ = 0;
  T centre_ = 0;
  bool hasCentre_ = false;
  std::vector<const T*> p_;
  std::vector<T> c_;
  std::vector<std::ptrdiff_t> strides_;
  /** Ranges of the last outer axis whose rows have the same terms. */
  struct Span {
    std::ptrdiff_t lo, hi;
  };
  std::vector<Span> spans_;
  std::size_t longest_ = 0;
  Writing writing_ = {false, false};
};

/** A typed array with ghost cells, and the part of it that a stencil reads. */
struct Ghost {
  Napi::ObjectReference array;
  std::size_t offset, bytes;
};

/** A stencil for arrays of one dtype. */
class Prepared {
 public:
  virtual ~Prepared() = default;
  virtual void run(const Args<5>& args) = 0;
};

template <typename T>
class PreparedOf : public Prepared {
 public:
  PreparedOf(std::size_t lanes, Bytes spec, const Napi::Array& ghosts)
      : lanes_(lanes), numbers_(spec.length / sizeof(double)) {
    if (!numbers_.empty()) std::memcpy(numbers_.data(), spec.data, numbers_.size() * sizeof(double));
    Packed packed({reinterpret_cast<std::uint8_t*>(numbers_.data()), numbers_.size() * sizeof(double)});
    const std::size_t ndim = packed.size();
    spec_.add = packed.number() != 0;
    spec_.axis = packed.size();
    spec_.start = packed.integer();
    spec_.end = packed.integer();
    const std::size_t bands = packed.size();
    total_ = lanes;
    for (std::size_t k = 0; k < ndim; k++) {
      const std::size_t n = packed.size();
      spec_.shape.push_back(static_cast<std::ptrdiff_t>(n));
      total_ = product(total_, n, 1);
    }
    if (spec_.axis >= ndim) throw Error("ERR_ARGUMENT", "native prepareStencil: an axis that does not exist");
    spec_.shape.push_back(static_cast<std::ptrdiff_t>(lanes));
    for (std::uint32_t b = 0; b < bands; b++) addBand(packed, ndim, ghosts, 2 * b);
    plan_ = planLongBand(spec_);
    if (!plan_) plan_ = std::make_unique<Walk<T>>(spec_);
  }

  void run(const Args<5>& args) override {
    for (std::size_t b = 0; b < spec_.bands.size(); b++) {
      spec_.bands[b].front = cells(args.Env(), ghosts_[2 * b]);
      spec_.bands[b].back = cells(args.Env(), ghosts_[2 * b + 1]);
    }
    plan_->run(lanes(args, 1), lanes(args, 3));
  }

 private:
  void addBand(Packed& packed, std::size_t ndim, const Napi::Array& ghosts, std::uint32_t ghost) {
    Band<T> band = {};
    band.axis = packed.size();
    if (band.axis >= ndim)
      throw Error("ERR_ARGUMENT", "native prepareStencil: a band along an axis that does not exist");
    const std::size_t n = static_cast<std::size_t>(spec_.shape[band.axis]);
    const std::size_t cell = n == 0 ? 0 : total_ / n;
    for (std::ptrdiff_t* width : {&band.frontWidth, &band.backWidth}) {
      const std::size_t offset = packed.size();
      *width = static_cast<std::ptrdiff_t>(packed.size());
      const std::size_t bytes = product(cell, static_cast<std::size_t>(*width), sizeof(T));
      const Napi::Value array = ghosts.Get(ghost++);
      if (bytes > 0 && !array.IsTypedArray())
        throw Error("ERR_ARGUMENT", "native prepareStencil: expected a typed array of ghost cells");
      ghosts_.push_back({bytes > 0 ? Napi::Persistent(array.As<Napi::Object>()) : Napi::ObjectReference(),
                         product(offset, lanes_ * sizeof(T)), bytes});
    }
    const std::size_t segments = packed.size();
    for (std::size_t s = 0; s < segments; s++) {
      BandSegment segment;
      segment.start = packed.integer();
      // rows that end before their start are empty
      segment.end = std::max(segment.start, packed.integer());
      segment.lo = packed.integer();
      segment.count = packed.size();
      segment.taps = packed.take(segment.count);
      band.segments.push_back(segment);
    }
    spec_.bands.push_back(std::move(band));
  }

  /** The present address of ghost cells. */
  static const T* cells(napi_env env, const Ghost& ghost) {
    if (ghost.bytes == 0) return nullptr;
    return reinterpret_cast<const T*>(spanOf(env, ghost.array.Value(), ghost.offset, ghost.bytes).data);
  }

  /** The array in argument i, whose first element is in argument i + 1. */
  T* lanes(const Args<5>& args, std::size_t i) const { return lanesAt<T>(args, i, total_ / lanes_, lanes_); }

  const std::size_t lanes_;
  /** The packed spec, to which the segments refer. */
  std::vector<double> numbers_;
  std::size_t total_ = 0;
  StencilSpec<T> spec_;
  std::vector<Ghost> ghosts_;
  std::unique_ptr<StencilPlan<T>> plan_;
};

/**
 * prepareStencil(dtype, spec, [front0, back0, front1, back1, …]) with spec packed as
 * [ndim, add, axis, start, end, bands, shape…, and for each band: axis, frontOffset, frontWidth,
 * backOffset, backWidth, segments, and for each segment: start, end, lo, count, taps…]. The result
 * is the first argument of `stencil`. It keeps the ghosts alive.
 */
napi_value prepareStencil(const Args<3>& args) {
  const DType dtype = args.dtype(0);
  const Napi::Array ghosts(args.Env(), args[2]);
  if (!ghosts.IsArray()) throw Error("ERR_ARGUMENT", "native prepareStencil: expected a list of ghosts");
  return withFloat(isDouble(dtype), [&](auto zero) {
    auto prepared = std::make_unique<PreparedOf<decltype(zero)>>(lanesOf(dtype), args.bytes(1), ghosts);
    const auto object = Napi::External<Prepared>::New(args.Env(), prepared.get(),
                                                      [](Napi::Env, Prepared* held) { delete held; });
    prepared.release();
    return static_cast<napi_value>(object);
  });
}

/** stencil(prepared, x, xo, y, yo) */
void stencil(const Args<5>& args) {
  void* prepared = nullptr;
  if (napi_get_value_external(args.Env(), args[0], &prepared) != napi_ok)
    throw Error("ERR_ARGUMENT", "native stencil: expected a prepared stencil");
  static_cast<Prepared*>(prepared)->run(args);
}

}  // namespace

void exportStencil(Napi::Object exports) {
  expose<prepareStencil>(exports, "prepareStencil");
  expose<stencil>(exports, "stencil");
}

}  // namespace lops
