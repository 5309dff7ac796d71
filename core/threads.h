// Work shared by threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace textspace {

// Called now and then by the caller's own thread; work stops, unfinished, when it returns false.
using KeepGoing = std::function<bool()>;

// Calls work(task, thread_id) once for each task in [0, n_tasks), in ascending order in each thread, on up to n_threads
// threads, the caller's included; thread_id < n_threads. `work` must not throw. Returns whether all was done.
template <class Work>
bool for_each_task(int64_t n_tasks, int n_threads, const KeepGoing& keep_going, const Work& work) {
  std::atomic<int64_t> next{0};
  std::atomic<bool> stopped{false};
  const auto run = [&](int thread_id) {
    for (int64_t task; !stopped && (task = next.fetch_add(1)) < n_tasks;) {
      work(task, thread_id);
      if (thread_id == 0 && task + 1 < n_tasks && !keep_going()) stopped = true;
    }
  };
  std::vector<std::thread> helpers;
  try {
    for (int thread_id = 1; thread_id < n_threads && thread_id < n_tasks; ++thread_id)
      helpers.emplace_back(run, thread_id);
  } catch (const std::system_error&) {
    // No more threads to be had: those that started do the work.
  }
  run(0);
  for (std::thread& helper : helpers) helper.join();
  return !stopped;
}

}  // namespace textspace
