// What each fault does (faults.hpp has the contract); those of the wire and the daemon are in
// strikes_daemon.cpp, those of the machine and of what trackers look at in strikes_machine.cpp.
#pragma once

#include "faults.hpp"

namespace holdfast::sim::strike {

bool lose(Stage& stage, Dice& dice, Member& member);
bool duplicate(Stage& stage, Dice& dice, Member& member);
bool reorder(Stage& stage, Dice& dice, Member& member);
bool delay(Stage& stage, Dice& dice, Member& member);
bool partition(Stage& stage, Dice& dice, Member& member);
bool cut_one_way(Stage& stage, Dice& dice, Member& member);
bool heal_wire(Stage& stage, Dice& dice, Member& member);
bool crash_it(Stage& stage, Dice& dice, Member& member);
bool stop_it(Stage& stage, Dice& dice, Member& member);
bool cut_power(Stage& stage, Dice& dice, Member& member);
bool start_it(Stage& stage, Dice& dice, Member& member);
bool restart(Stage& stage, Dice& dice, Member& member);
bool pause(Stage& stage, Dice& dice, Member& member);
bool resume(Stage& stage, Dice& dice, Member& member);
bool step_clock(Stage& stage, Dice& dice, Member& member);
bool reload_edited(Stage& stage, Dice& dice, Member& member);
bool reload_broken(Stage& stage, Dice& dice, Member& member);
bool flap(Stage& stage, Dice& dice, Member& member);
bool remove_interface(Stage& stage, Dice& dice, Member& member);
bool rename_interface(Stage& stage, Dice& dice, Member& member);
bool make_interface(Stage& stage, Dice& dice, Member& member);
bool delete_address(Stage& stage, Dice& dice, Member& member);
bool delete_route(Stage& stage, Dice& dice, Member& member);
bool delete_vmac(Stage& stage, Dice& dice, Member& member);
bool lose_news(Stage& stage, Dice& dice, Member& member);
bool turn_script(Stage& stage, Dice& dice, Member& member);
bool write_file(Stage& stage, Dice& dice, Member& member);
bool turn_process(Stage& stage, Dice& dice, Member& member);
bool turn_server(Stage& stage, Dice& dice, Member& member);

}  // namespace holdfast::sim::strike
