using System.CommandLine;
using System.Text.Json;
using SmartCity.AllInOne.Diagnosis;
using SmartCity.Contracts.Cities;
using Spectre.Console;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity doctor</c>: what was found on this machine, what <c>run</c> will use, and why.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "The findings as JSON on stdout." };
        var data = new Option<string>("--data") { Description = "Data folder that run would use.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity" };
        var command = new Command("doctor", "Says what was found on this machine and what run will use, with the reason.") { json, data };
        command.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(
            _ => RunAsync(parse.GetValue(json), parse.GetValue(data)!, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool json, string data, CancellationToken cancellationToken)
    {
        var findings = await Doctor.ExamineAsync(AllInOneHost.UserConfiguration(), City.Load(null), data, cancellationToken);
        if (json)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(findings, Finding.Json));
        }
        else
        {
            Print(findings);
        }

        return findings.Any(f => f.Blocks) ? 1 : 0;
    }

    private static void Print(IReadOnlyList<Finding> findings)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var table = new Table().Border(TableBorder.Simple).AddColumns("", "found", "run will use", "because");
        foreach (var finding in findings)
        {
            var name = Markup.Escape(finding.Name);
            table.AddRow(finding.Blocks ? $"[red]{name}[/]" : name, Markup.Escape(finding.Found), Markup.Escape(finding.Uses), Markup.Escape(finding.Reason));
        }

        console.Write(table);
        if (findings.Any(f => f.Blocks))
        {
            console.MarkupLine("[red]run cannot start until what is red is put right.[/]");
        }
    }
}
