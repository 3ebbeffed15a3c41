using System.CommandLine;
using System.Text.Json;
using SmartCity.AllInOne.Diagnosis;
using SmartCity.Contracts.Cities;
using Spectre.Console;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity doctor</c>: what was found on this machine, what <c>run</c> will use, and why.</summary>
internal static class DoctorCommand
{
    private const int LongestLine = 10_000;

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON." };
        var data = new Option<string>("--data") { Description = "The data folder that run would use.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity" };
        var command = new Command("doctor", "Shows what was found on this machine and what run will use, with the reason.") { json, data };
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
        // Nothing is wrapped here: a path is to be copied.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        console.Profile.Width = LongestLine;
        var width = findings.Max(f => f.Name.Length) + 2;
        foreach (var finding in findings)
        {
            var name = Markup.Escape(finding.Name.PadRight(width));
            console.MarkupLine($"{(finding.Blocks ? $"[red]{name}[/]" : $"[bold]{name}[/]")}{Markup.Escape(finding.Found)}");
            console.MarkupLine($"{new string(' ', width)}{Markup.Escape(finding.Uses)} {Markup.Escape(finding.Reason)}");
        }

        if (findings.Any(f => f.Blocks))
        {
            console.MarkupLine("[red]run cannot start until everything in red is corrected.[/]");
        }
    }
}
