// The events there were, in the order in which they were published, and what
// of them the server's history must hold. Whether some were published at all
// may be open, so what is held is known between two bounds; mostly they meet.
//
//     0 .. surely gone .. [least, most) perhaps gone .. surely held .. size()
//
// Events are told by their number here. Their sequence numbers, which the
// server gives them, are learnt from the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rivulet::sim {

// What the server has been told about its history.
struct HistoryRules {
  size_t events = 0;  // 0: there is none, and events have no ids
  size_t bytes = 0;
  std::string epoch{};  // as ids have it
};

// Of an event whose publisher has no answer: the first stream that gets it, or
// gets what comes after it, decides for all of them.
enum class Fate : uint8_t { kUnknown, kPublished, kDropped };

// Whom an event is for: a client or some topics, or everybody.
struct Audience {
  static constexpr size_t kNoClient = SIZE_MAX;

  size_t topic_count = 0;
  size_t name_bytes = 0;  // of those topics, or of the client
  size_t client = kNoClient;
  uint64_t topics = 0;  // a bit for each

  [[nodiscard]] bool everybody() const {
    return topic_count == 0 && client == kNoClient;
  }
};

struct Event {
  std::string payload;  // without its id
  Fate fate = Fate::kUnknown;
  Audience audience{};
  // With its id, which may be shorter or longer while some are unknown.
  size_t wire_least = 0;
  size_t wire_most = 0;
  uint64_t sequence = 0;  // 0: not seen yet
};

// An event as it came over the wire.
struct SeenEvent {
  std::string payload;
  uint64_t sequence = 0;
  std::string fault{};  // what is wrong with its id
};

class EventLog {
 public:
  // `ordered`: the events are published in the order of their numbers.
  EventLog(HistoryRules rules, bool ordered)
      : rules_(std::move(rules)), ordered_(ordered) {}

  [[nodiscard]] const HistoryRules& rules() const { return rules_; }
  [[nodiscard]] bool has_history() const { return rules_.events > 0; }

  // Says its number.
  uint32_t add(std::string payload, Fate fate, Audience audience);
  void set_fate(uint32_t number, Fate fate);

  [[nodiscard]] const Event& at(uint32_t number) const {
    return events_[number];
  }
  [[nodiscard]] size_t size() const { return events_.size(); }
  // Of the largest, on the wire.
  [[nodiscard]] size_t largest() const { return largest_; }

  struct Bounds {
    uint64_t least;
    uint64_t most;
  };
  // The oldest event that is held.
  [[nodiscard]] Bounds first() const;
  // The sequence number that this event has if it was published; of an event
  // that is still to come, size().
  [[nodiscard]] Bounds sequence_of(uint32_t number) const;

  // Of the events from `from` to before `to`, which are surely or perhaps among
  // those that were published.
  [[nodiscard]] bool any_surely(uint64_t from, uint64_t to) const;
  [[nodiscard]] bool any_perhaps(uint64_t from, uint64_t to) const;

  // The event with this sequence number, when it can be told.
  [[nodiscard]] std::optional<uint32_t> find(uint64_t sequence) const;
  [[nodiscard]] std::string id_text(uint64_t sequence) const;
  // A gap on the wire: `after` as it stands there.
  [[nodiscard]] std::string gap_text(std::string_view after,
                                     uint64_t before) const;
  // The sequence number in one of a gap's two fields; 0 when there is none.
  [[nodiscard]] uint64_t sequence_in(std::string_view gap,
                                     std::string_view field) const;
  // An event on the wire in its two parts.
  [[nodiscard]] SeenEvent parse(std::string_view text) const;
  // It has come with this sequence number: what is wrong with that.
  [[nodiscard]] std::string learn(uint32_t number, uint64_t sequence);

 private:
  [[nodiscard]] size_t id_size(uint64_t sequence) const;
  // The oldest event that is held when the unknown ones were published, or not.
  [[nodiscard]] uint32_t first_held(bool with_unknown) const;

  HistoryRules rules_;
  bool ordered_;
  std::vector<Event> events_;
  size_t largest_ = 0;
  mutable bool first_is_known_ = false;
  mutable Bounds first_{};
};

}  // namespace rivulet::sim
