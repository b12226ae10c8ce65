// The names under which instances keep things in one Redis, and what stands
// there (with the prefix "rivulet"; option redis-prefix).
//
//   rivulet:events             the stream of all events (entry.h)
//   rivulet:epoch              the id of its first entry, which began it
//   rivulet:instances          a set: the names of the hashes below
//   rivulet:clients:5f0c…      a hash of one instance: client id -> streams,
//                              and "" -> 1, so that it is never empty; it
//                              expires when its instance does not say that it
//                              lives
//   rivulet:clients:5f0c…:new  the same while it is told anew; then renamed
#pragma once

#include <string>
#include <string_view>

namespace rivulet::cluster {

struct Keys {
  Keys(std::string_view prefix, std::string_view instance)
      : events(std::string(prefix) + ":events"),
        epoch(std::string(prefix) + ":epoch"),
        instances(std::string(prefix) + ":instances"),
        clients(std::string(prefix) + ":clients:" + std::string(instance)),
        new_clients(clients + ":new") {}

  std::string events;
  std::string epoch;
  std::string instances;
  std::string clients;      // of this instance
  std::string new_clients;  // while all of them are told anew
};

}  // namespace rivulet::cluster
