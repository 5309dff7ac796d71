#include "bindings.h"
#include "isa.h"

NB_MODULE(_core, m) {
  using namespace textspace;
  m.def("available_isas", available_isas,
        "Instruction sets that this build has and this processor runs, slowest first.");
  m.def("isa", [] { return std::string(kernels().isa); }, "The instruction set in use.");
  m.def("use_isa", use_isa, nb::arg("name"),
        "Choose the instruction set by name; ValueError when it is not available.");
  bind_text(m);
  bind_training(m);
  bind_search(m);
  bind_formats(m);
  bind_prediction(m);
  bind_tagspace(m);
  bind_tags(m);
  bind_classifier_training(m);
  bind_quantization(m);
}
