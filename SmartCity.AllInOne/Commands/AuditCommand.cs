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
        var data = new Option<string>("--data") { Description = "Data folder of run.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity" };
        var check = new Command("check", "Follows the audit's chain of hashes and names the first link that does not hold; status 1 when one does not.") { data };
        check.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(_ => CheckAsync(parse.GetValue(data)!, cancellationToken), cancellationToken));
        return new Command("audit", "Who looked at what.") { check };
    }

    private static async Task<int> CheckAsync(string data, CancellationToken cancellationToken)
    {
        if (AllInOneHost.UserConfiguration().GetConnectionString("postgres") is { } external)
        {
            return await SayAsync(external, cancellationToken);
        }

        if (OperatingSystem.IsWindows())
        {
            throw new InvalidOperationException("On Windows Postgres is not started here; set ConnectionStrings__postgres to one that runs.");
        }

        var folder = Path.Combine(data, "postgres");
        if (!Directory.Exists(folder))
        {
            throw new InvalidOperationException($"There is no data in {Path.GetFullPath(data)}; --data names the folder of run.");
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
