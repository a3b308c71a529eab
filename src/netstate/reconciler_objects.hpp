// What the reconciler's two halves (reconciler.cpp: who wants what; reconciler_plan.cpp: what is to be done)
// share about objects of the three kinds.
#pragma once

#include <optional>

#include "holdfast/base/result.hpp"
#include "holdfast/netstate/mirror.hpp"
#include "holdfast/netstate/reconciler.hpp"

namespace holdfast::netstate {

/// With the interface looked up; fails while that is missing, and always for what cannot be installed.
Result<ConcreteObject> concrete(const ObjectSettings& settings, const Mirror& mirror);

/// What an object has left in the kernel, or would have: an address on the interface `place` when that is
/// given, otherwise `concrete`, and a route also when its interface is no longer to be found by its name.
std::optional<ConcreteObject> find_leftover(const ObjectSettings& settings, InterfaceIndex place,
                                            const Mirror& mirror);

/// Whether an interface it needs is switched off. The kernel then removes IPv6 addresses and all routes, and
/// accepts no new ones of the latter.
bool is_on_link_that_is_off(const ConcreteObject& object, const Mirror& mirror);

bool is_no_track(const ObjectSettings& settings);

/// Something that can never be installed, as opposed to waiting for its interface.
bool is_impossible(const ObjectSettings& settings);

/// `exactly`: with the wanted properties, not only in the wanted place.
bool is_present(const ConcreteObject& object, bool exactly, const Mirror& mirror);

/// Whether both stand for one thing in the kernel.
bool is_same(const ConcreteObject& left, const ConcreteObject& right);

ObjectEvent describe(ObjectEvent::What what, const Owner& owner, const ObjectSettings& settings);

}  // namespace holdfast::netstate
