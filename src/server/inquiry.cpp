#include "server/inquiry.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "cluster/backplane.h"
#include "server/cluster.h"
#include "server/routes.h"

namespace rivulet::server {

Inquiry::Inquiry(Context& context, AskCluster question, Waiter& waiter)
    : context_(context),
      question_(std::move(question)),
      waiter_(waiter),
      ticket_(new cluster::Ticket(*this)) {
  if (context_.cluster->backplane().ask_instances(ticket_)) {
    unanswered_ = 1;
    return;
  }
  failed_ = true;
  step_ = Step::kDone;
}

Inquiry::~Inquiry() {
  ticket_->asker = nullptr;
}

void Inquiry::on_answer(const cluster::RedisReply& reply) {
  --unanswered_;
  if (reply.kind() == cluster::RedisReply::Kind::kError) return on_failed();
  if (step_ == Step::kInstances) {
    ask_each(reply);
  } else if (step_ == Step::kClients) {
    add(reply);
  }
  if (unanswered_ == 0) conclude();
}

void Inquiry::on_failed() {
  if (settled()) return;
  failed_ = true;
  settle();
}

void Inquiry::ask_each(const cluster::RedisReply& instances) {
  step_ = Step::kClients;
  cluster::Backplane& backplane = context_.cluster->backplane();
  for (size_t i = 0; i < instances.size(); ++i) {
    const std::string_view hash = instances.at(i).text();
    const bool asked =
        question_.what == AskCluster::What::kClients
            ? backplane.ask_clients(hash, ticket_)
            : backplane.ask_client(hash, question_.client, ticket_);
    if (asked) ++unanswered_;
    failed_ = failed_ || !asked;
  }
}

// Each hash has an empty name too, which is nobody's.
void Inquiry::add(const cluster::RedisReply& reply) {
  for (size_t i = 0; i < reply.size(); ++i) {
    const std::string_view id = reply.at(i).text();
    if (!id.empty()) clients_.emplace(id);
  }
  streams_ += base::parse_decimal(reply.text()).value_or(0);
}

void Inquiry::conclude() {
  const bool kick = question_.what == AskCluster::What::kKick &&
                    step_ == Step::kClients && streams_ > 0 && !failed_;
  if (!kick) return settle();
  step_ = Step::kKick;
  if (!context_.cluster->backplane().kick(question_.client, ticket_)) {
    return on_failed();
  }
  ++unanswered_;
}

void Inquiry::settle() {
  step_ = Step::kDone;
  ticket_->asker = nullptr;
  waiter_.on_settled();
}

http::Response Inquiry::response() const {
  if (failed_) return backplane_away();
  switch (question_.what) {
    case AskCluster::What::kClients:
      break;
    case AskCluster::What::kClient:
      if (streams_ == 0) return nobody_there();
      return connections_of(context_.hub, question_.client);
    case AskCluster::What::kKick:
      if (streams_ == 0) return nobody_there();
      return http::json_response(fmt::format(R"({{"ended":{}}})", streams_));
  }
  std::string body = "[";
  for (const std::string& id : clients_) {
    if (body.size() > 1) body += ',';
    base::append_json_string(body, id);
  }
  return http::json_response(body + "]");
}

}  // namespace rivulet::server
