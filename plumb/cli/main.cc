// The program: its command line goes to a verb, which calls plumb/api and decides nothing itself.

#include "plumb/cli/command_line.h"

int main(int argc, char** argv) { return plumb::cli::RunCommandLine({argv + 1, argv + argc}); }
