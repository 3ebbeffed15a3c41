using System.CommandLine;
using SmartCity.Core;
using SmartCity.Edge;
using SmartCity.ServiceDefaults;
using SmartCity.Web;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity run</c>: every module in this process with the infrastructure that is not given by connection string.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var command = new Command("run", "Runs the whole system with the demo city.");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults();
        builder.AddEdge();
        builder.AddCore();
        builder.AddConsole();

        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapEdge();
        app.MapCore();
        app.MapConsole();
        await app.RunAsync(cancellationToken).ConfigureAwait(false);
        return 0;
    }
}
