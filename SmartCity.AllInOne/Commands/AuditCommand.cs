using System.CommandLine;
using System.Text.Json;
using Npgsql;
using SmartCity.AllInOne.Diagnosis;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity audit check</c>: follows the audit's chain of hashes, in a system that runs or one that does not.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "The data folder that run uses.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity" };
        var check = new Command("check", "Checks whether anybody has changed the audit in the database. Follows its chain of hashes and names the first line that does not fit; the exit status is then 1.") { data };
        check.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(_ => CheckAsync(parse.GetValue(data)!, cancellationToken), cancellationToken));
        return new Command("audit", "The audit: who did what, when and why.") { check };
    }

    private static async Task<int> CheckAsync(string data, CancellationToken cancellationToken)
    {
        if (AllInOneHost.UserConfiguration().GetConnectionString("postgres") is { } external)
        {
            return await SayAsync(external, cancellationToken);
        }

        if (OperatingSystem.IsWindows())
        {
            throw new InvalidOperationException("On Windows, SmartCity does not start Postgres. Set ConnectionStrings__postgres to a server that runs.");
        }

        var folder = Path.Combine(data, "postgres");
        if (!Directory.Exists(folder))
        {
            throw new InvalidOperationException($"There is no data in {Path.GetFullPath(data)}. Give --data the data folder that run uses.");
        }

        var postgres = await EmbeddedPostgres.StartAsync(folder, cancellationToken);
        try
        {
            return await SayAsync(postgres.ConnectionString, cancellationToken);
        }
        finally
        {
            if (!postgres.WasRunning)
            {
                await postgres.DisposeAsync();
            }
        }
    }

    private static async Task<int> SayAsync(string connectionString, CancellationToken cancellationToken)
    {
        AuditVerdict verdict;
        try
        {
            await using var dataSource = NpgsqlDataSource.Create(connectionString);
            verdict = await AuditChain.CheckAsync(dataSource, cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw new InvalidOperationException($"The audit could not be read: {e.Message}", e);
        }

        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(verdict, Finding.Json));
        if (verdict.Fault is not null)
        {
            await Console.Error.WriteLineAsync($"smartcity: the audit's chain is broken: {verdict.Fault}.");
        }

        return verdict.Fault is null ? 0 : 1;
    }
}
