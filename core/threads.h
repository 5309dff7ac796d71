// Work shared by threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

namespace textspace {

// Calls work(task, thread_id) once for each task in [0, n_tasks), on up to n_threads threads, the caller's included;
// thread_id < n_threads. `work` must not throw.
template <class Work>
void for_each_task(int64_t n_tasks, int n_threads, const Work& work) {
  std::atomic<int64_t> next{0};
  const auto run = [&](int thread_id) {
    for (int64_t task; (task = next.fetch_add(1)) < n_tasks;) work(task, thread_id);
  };
  std::vector<std::thread> helpers;
  helpers.reserve(n_threads);
  try {
    for (int thread_id = 1; thread_id < n_threads && thread_id < n_tasks; ++thread_id)
      helpers.emplace_back(run, thread_id);
  } catch (const std::system_error&) {
    // No more threads to be had: those that started do the work.
  }
  run(0);
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace textspace
