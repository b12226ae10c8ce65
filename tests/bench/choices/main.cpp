// What the server's choices cost, beside what else could have been chosen. Each
// title is one question; each row answers it in another way, in this process.
// src/README.md says what was chosen, and why.
#include "table.h"

int main() {
  rivulet::bench::compare_walks();
  rivulet::bench::compare_queues();
  rivulet::bench::compare_deadlines();
  rivulet::bench::compare_triggers();
}
