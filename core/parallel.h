// Threads for one piece of work: started, joined, and an exception of any of them passed on.
#pragma once

#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace textspace {

// Calls work(0) ... work(n - 1), each in a thread of its own, one of them in the caller's.
template <typename Work>
void parallel_for(int n, const Work& work) {
  std::vector<std::exception_ptr> errors(static_cast<size_t>(n));
  const auto guarded = [&](int i) {
    try {
      work(i);
    } catch (...) {
      errors[static_cast<size_t>(i)] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(n));
  for (int i = 1; i < n; ++i) {
    try {
      threads.emplace_back(guarded, i);
    } catch (const std::system_error&) {
      guarded(i);  // the system gives no more threads
    }
  }
  if (n > 0) guarded(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace textspace
