using System.CommandLine;

var root = new RootCommand("Measures SmartCity, each figure beside a baseline of the same run.");
return await root.Parse(args).InvokeAsync();
