// GET /metrics: how the server is doing, for Prometheus. Each name is here, and
// with it where its number comes from.
#include <array>
#include <chrono>

#include "os/process_usage.h"
#include "server/metrics_text.h"
#include "server/routes.h"

namespace rivulet::server {
namespace {

void append_streams(MetricsText& out, const Context& context) {
  const Metrics& metrics = context.metrics;
  out.gauge("rivulet_streams", "Streams that are open.",
            context.hub.subscriber_count());
  out.gauge("rivulet_streams_limit",
            "Streams that may be open at once (max-streams), 0 for any number.",
            context.settings.max_streams);
  out.counter("rivulet_streams_opened_total", "Streams that were opened.",
              metrics.streams_opened);
  out.counters("rivulet_streams_ended_total",
               "Streams that have ended, by the reason that the log has too.");
  for (size_t i = 0; i < kEndReasons; ++i) {
    out.sample({"reason", to_string(static_cast<EndReason>(i))},
               metrics.streams_ended[i]);
  }
  out.counters("rivulet_streams_refused_total",
               "Subscribers sent away, by what they ran into.");
  for (size_t i = 0; i < kStreamRefusals; ++i) {
    out.sample({"reason", to_string(static_cast<StreamRefusal>(i))},
               metrics.streams_refused[i]);
  }
}

void append_events(MetricsText& out, const Metrics& metrics) {
  constexpr std::array<std::string_view, kReaches> kNames{"broadcast", "topic",
                                                          "client"};
  out.counters("rivulet_events_published_total",
               "Events that were published, by whom they were for.");
  for (size_t i = 0; i < kReaches; ++i) {
    out.sample({"target", kNames[i]}, metrics.published[i]);
  }
  out.counter("rivulet_deliveries_total",
              "Streams that events were for when they were published, summed.",
              metrics.deliveries);
  out.counter("rivulet_events_sent_total",
              "Events written whole to the sockets of streams, replays too.",
              metrics.events_sent);
  out.counter("rivulet_sent_bytes_total",
              "Bytes written to the sockets of streams.", metrics.bytes_sent);
  out.histogram("rivulet_fan_out_seconds",
                "Time to hand out one event for everybody or for topics.",
                metrics.fan_outs);
}

void append_history(MetricsText& out, const Context& context) {
  const Metrics& metrics = context.metrics;
  out.gauge("rivulet_history_events", "Events held for those who come back.",
            context.hub.history().events());
  out.gauge("rivulet_history_bytes", "Bytes that these events take.",
            context.hub.history().bytes());
  out.counters("rivulet_replays_total",
               "Streams opened with the id of an event that the client saw "
               "last, by whether all after it was held here.");
  out.sample({"result", "complete"}, metrics.replays_complete);
  out.sample({"result", "gap"}, metrics.replays_with_gap);
  out.counter("rivulet_gaps_told_total",
              "Gap events sent, when a stream opens or falls behind later.",
              metrics.gaps_told);
}

void append_slow_peers(MetricsText& out, const Context& context) {
  out.gauge("rivulet_queued_bytes",
            "Bytes held for peers that are slow to read or to send.",
            context.held_memory.bytes());
  out.gauge("rivulet_queued_bytes_limit",
            "Bytes that may be held for them (memory-limit).",
            context.settings.memory_limit);
  out.counters("rivulet_evictions_total",
               "Peers cut off to keep memory-limit, by what they were.");
  out.sample({"kind", "stream"}, context.metrics.streams_evicted);
  out.sample({"kind", "connection"}, context.metrics.connections_evicted);
}

void append_connections(MetricsText& out, const Context& context) {
  const Metrics& metrics = context.metrics;
  out.gauge("rivulet_connections", "Connections that are open, streams too.",
            context.connections());
  out.counter("rivulet_connections_accepted_total",
              "Connections that were accepted.", metrics.connections_accepted);
  out.counters("rivulet_connections_refused_total",
               "Times that a connection could not be taken, by what for.");
  for (size_t i = 0; i < kConnectionRefusals; ++i) {
    out.sample({"reason", to_string(static_cast<ConnectionRefusal>(i))},
               metrics.connections_refused[i]);
  }
  constexpr std::array<std::string_view, kStatusClasses> kClasses{
      "", "", "2xx", "3xx", "4xx", "5xx"};
  out.counters("rivulet_requests_total",
               "Requests answered, by the class of their status.");
  for (size_t i = 0; i < kClasses.size(); ++i) {
    if (kClasses[i].empty()) continue;  // this server sends none as an answer
    out.sample({"class", kClasses[i]}, metrics.requests[i]);
  }
}

void append_loop(MetricsText& out, const Context& context) {
  out.gauge("rivulet_publishers_waiting",
            "Publishers held back until the server has sent what it has.",
            context.publish_turns.waiting());
  out.histogram("rivulet_loop_turn_seconds",
                "Time that the loop worked from waking up to its next sleep.",
                context.metrics.turns);
}

void append_redis(MetricsText& out, const Cluster& cluster) {
  const cluster::Backplane& backplane = cluster.backplane();
  const cluster::Outbox& outbox = backplane.outbox();
  out.gauge("rivulet_redis_connected",
            "Whether Redis answers, and all that it has has been read.",
            backplane.ready() ? 1 : 0);
  out.counter("rivulet_redis_reconnects_total",
              "Times that the connection for commands was lost.",
              backplane.losses());
  out.gauge("rivulet_redis_publishes_waiting",
            "Events that wait for Redis to come back (redis-wait).",
            outbox.waiting());
  out.counter("rivulet_redis_publishes_failed_total",
              "Events that Redis was not there for, or refused.",
              outbox.failed());
  out.counter("rivulet_redis_events_read_total",
              "Entries read from Redis, of all instances.",
              backplane.intake().entries());
  out.counter("rivulet_redis_recalls_total",
              "Streams whose clients had missed more than the history holds.",
              cluster.recalls().begun());
  out.histogram("rivulet_redis_publish_seconds",
                "Time from sending an event to Redis to its answer.",
                outbox.answer_times());
  out.histogram("rivulet_redis_lag_seconds",
                "Time from sending an event to Redis to reading it back, of "
                "one event of this instance at a time.",
                outbox.round_trips());
}

void append_reloads(MetricsText& out, const Metrics& metrics) {
  out.counters("rivulet_reloads_total",
               "Times that the configuration was read again, by how it went.");
  out.sample({"result", "ok"}, metrics.reloads_taken);
  out.sample({"result", "failed"}, metrics.reloads_failed);
  out.gauge("rivulet_last_reload_successful",
            "Whether the configuration, when it was read last, was taken.",
            metrics.last_reload_taken ? 1 : 0);
}

void append_upgrades(MetricsText& out, const Metrics& metrics) {
  out.counters("rivulet_upgrades_total",
               "Times that another binary was to take over, by how it went.");
  out.sample({"result", "done"}, metrics.upgrades_done);
  out.sample({"result", "failed"}, metrics.upgrades_failed);
}

void append_process(MetricsText& out, const Context& context) {
  const os::ProcessUsage usage = os::process_usage();
  out.counter("rivulet_process_cpu_seconds_total",
              "Processor time used, user and system.",
              std::chrono::duration<double>(usage.cpu).count());
  if (usage.resident_bytes) {
    out.gauge("rivulet_process_resident_memory_bytes", "Resident memory.",
              *usage.resident_bytes);
  }
  if (usage.descriptors) {
    out.gauge("rivulet_process_open_fds", "Open file descriptors.",
              *usage.descriptors);
  }
  out.gauge("rivulet_process_max_fds", "File descriptors that may be open.",
            usage.descriptor_limit);
  out.gauge("rivulet_process_start_time_seconds",
            "When the process started, in seconds since 1970.",
            context.started.time_since_epoch().count());
  out.gauges("rivulet_build_info", "1, with the version that runs.");
  out.sample({"version", context.settings.version}, 1);
}

}  // namespace

Outcome get_metrics(const Call& call) {
  const Context& context = call.context;
  MetricsText out;
  append_streams(out, context);
  append_events(out, context.metrics);
  append_history(out, context);
  append_slow_peers(out, context);
  append_connections(out, context);
  append_loop(out, context);
  if (context.cluster) append_redis(out, *context.cluster);
  append_reloads(out, context.metrics);
  append_upgrades(out, context.metrics);
  append_process(out, context);
  return http::Response{.content_type = MetricsText::kContentType,
                        .body = out.take(),
                        .fields = "Cache-Control: no-store\r\n"};
}

}  // namespace rivulet::server
