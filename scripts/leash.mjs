// Preloaded into every process the command line starts (`node --import`): when the command line is gone, however it
// died, its end of the channel closes and this process shuts down as if asked to. So nothing is ever orphaned.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
