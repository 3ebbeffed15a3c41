using System.CommandLine;
using SmartCity.AllInOne.Commands;

namespace SmartCity.AllInOne;

/// <summary>The command line: one verb a class under Commands.</summary>
public static class EntryPoint
{
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("SmartCity: cameras, charges, alerts and archive of a low-emission zone.")
        {
            RunCommand.Create(),
            ChargesCommand.Create(),
        };
        var result = root.Parse(args);
        var status = await result.InvokeAsync().ConfigureAwait(false);
        return result.Errors.Count > 0 ? 2 : status;
    }
}
