#include "cluster/entry.h"

#include <fmt/format.h>

#include "base/text.h"

namespace rivulet::cluster {
namespace {

// Far beyond what a publisher may name (kMaxTopics, server/routes.h): a bound
// for entries that were added by hand.
constexpr size_t kMostTopics = 1024;

bool is_text(std::string_view text) {
  return base::is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

bool is_name(std::string_view text) {
  return base::is_valid_utf8(text) && !base::has_control_characters(text);
}

bool read_retry(std::string_view value, Entry& entry) {
  entry.event.retry = base::parse_decimal(value);
  return entry.event.retry.has_value();
}

bool read_topic(std::string_view value, Entry& entry) {
  if (value.empty() || !is_name(value) || entry.topics.size() >= kMostTopics) {
    return false;
  }
  entry.topics.emplace_back(value);
  return true;
}

// A field that a later version knows is passed over.
bool read_field(std::string_view name, std::string_view value, Entry& entry) {
  if (name.size() != 1) return true;
  switch (name.front()) {
    case 'd':
      entry.event.data = value;
      return is_text(value);
    case 'n':
      entry.event.name = value;
      return is_name(value);
    case 'r':
      return read_retry(value, entry);
    case 't':
      return read_topic(value, entry);
    case 'k':
      entry.kind = EntryKind::kKick;
      [[fallthrough]];
    case 'c':
      entry.client = value;
      return !value.empty() && is_name(value);
    case 'e':
      entry.kind = EntryKind::kEpoch;
      [[fallthrough]];
    case 'o':
      entry.origin = value;
      return true;
    default:
      return true;
  }
}

}  // namespace

std::optional<hub::EventId> entry_id(const RedisReply& reply) {
  if (reply.size() != 2) return std::nullopt;
  return hub::parse_event_id(reply.at(0).text(), hub::IdSystem::kRedis);
}

std::optional<Entry> read_entry(const RedisReply& reply, hub::EventId& id) {
  const auto parsed = entry_id(reply);
  if (!parsed) return std::nullopt;
  id = *parsed;
  Entry entry;
  entry.id = id;
  bool has_data = false;
  const RedisReply fields = reply.at(1);
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string_view name = fields.at(i).text();
    if (!read_field(name, fields.at(i + 1).text(), entry)) return std::nullopt;
    has_data = has_data || name == "d";
  }
  const bool nothing = entry.kind == EntryKind::kEvent && !has_data;
  const bool to_both = !entry.client.empty() && !entry.topics.empty();
  if (nothing || to_both) return std::nullopt;
  return entry;
}

void append_fields(std::vector<std::string_view>& command,
                   const hub::Target& target, const sse::Event& event,
                   std::string_view origin, std::string& retry) {
  const auto add = [&command](std::string_view name, std::string_view value) {
    command.push_back(name);
    command.push_back(value);
  };
  add("d", event.data);
  if (!event.name.empty()) add("n", event.name);
  if (event.retry) {
    retry = fmt::to_string(*event.retry);
    add("r", retry);
  }
  if (!target.client.empty()) add("c", target.client);
  for (const std::string& topic : target.topics) add("t", topic);
  add("o", origin);
}

}  // namespace rivulet::cluster
