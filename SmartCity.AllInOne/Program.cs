using System.CommandLine;
using SmartCity.AllInOne.Commands;
using SmartCity.ServiceDefaults;

namespace SmartCity.AllInOne;

/// <summary>The command line: one verb a class under Commands.</summary>
public static class EntryPoint
{
    // A signal cancels the verb; so long it has to finish in order.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(30);

    public static async Task<int> Main(string[] args)
    {
        NativeMemory.KeepLittle();
        var root = new RootCommand("SmartCity: cameras, charges, alerts and archive of a low-emission zone.")
        {
            RunCommand.Create(),
            RecogniseCommand.Create(),
            SimulateCommand.Create(),
            ReplayCommand.Create(),
            ServeCommand.Create(),
            ResetCommand.Create(),
            ChargesCommand.Create(),
            AuditCommand.Create(),
            PackageCommand.Create(),
            LakeCommand.Create(),
            ModelsCommand.Create(),
            DoctorCommand.Create(),
        };
        var result = root.Parse(args);
        var status = await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = EndWithin });
        return result.Errors.Count > 0 ? 2 : status;
    }
}
