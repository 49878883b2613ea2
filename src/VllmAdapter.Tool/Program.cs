using VllmAdapter.Tool;

using var terminal = Terminal.OfTheProcess();
return await new ToolApp(terminal).RunAsync(args).ConfigureAwait(false);
