// What the reconciler's two halves (reconciler.cpp: who wants what; reconciler_plan.cpp: what is to be done)
// share about objects of the three kinds.
#pragma once

#include "holdfast/base/result.hpp"
#include "holdfast/netstate/mirror.hpp"
#include "holdfast/netstate/reconciler.hpp"

namespace holdfast::netstate {

/// With the interface looked up; fails while that is missing, and always for what cannot be installed.
Result<ConcreteObject> concrete(const ObjectSettings& settings, const Mirror& mirror);

bool is_no_track(const ObjectSettings& settings);

/// Something that can never be installed, as opposed to waiting for its interface.
bool is_impossible(const ObjectSettings& settings);

/// `exactly`: with the wanted properties, not only in the wanted place.
bool is_present(const ConcreteObject& object, bool exactly, const Mirror& mirror);

/// Whether both stand for one thing in the kernel.
bool is_same(const ConcreteObject& left, const ConcreteObject& right);

ObjectEvent describe(ObjectEvent::What what, const Owner& owner, const ObjectSettings& settings);

}  // namespace holdfast::netstate
