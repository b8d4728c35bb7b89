// libsodium's public header. The linker flags come from pkg-config, so that a static library can stand in.
#pragma once
#include <sodium.h>
