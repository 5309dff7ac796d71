// Answers to analogy questions: 3CosAdd (Mikolov et al. 2013) and 3CosMul (Levy and Goldberg 2014).
#pragma once

#include <cstdint>

#include "packed_rows.h"
#include "threads.h"

namespace textspace {

struct AnalogyOptions {
  bool by_product;        // 3CosMul
  int64_t n_answer_rows;  // the answer is among the first rows
  int n_threads;
};

// Writes the row that is to c as b is to a, for n questions of three rows a, b, c; none of the three is the answer.
// Of equally good rows the first is taken; -1 where a row of the question is zero, or no row is left. `rows` must be
// normalized. The result does not depend on n_threads. Returns false when keep_going stopped it.
bool answer_analogies(const PackedRows& rows, const int32_t* questions, int64_t n, const AnalogyOptions& options,
                      const KeepGoing& keep_going, int32_t* answers);

}  // namespace textspace
