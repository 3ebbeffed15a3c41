using System.CommandLine;
using System.Text.Json;
using Npgsql;
using SmartCity.AllInOne.Diagnosis;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity audit check</c>: follows the audit's chain of hashes, in a system that runs or one that does not.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "The data folder that run uses.", HelpName = "DIR", DefaultValueFactory = _ => ".smartcity" };
        var check = new Command("check", "Checks whether anybody has changed the audit in the database. Follows its chain of hashes and names the first line that does not fit; the exit status is then 1.") { data };
        check.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(_ => DataDatabase.UseAsync(parse.GetValue(data)!, postgres => SayAsync(postgres, parse.GetValue(data)!, cancellationToken), cancellationToken), cancellationToken));
        return new Command("audit", "The audit: who did what, when and why.") { check };
    }

    /// <summary>Follows the chain with the secret and the objects of the configuration, or else of the data folder.</summary>
    public static async Task<AuditVerdict> CheckAsync(IConfiguration configuration, NpgsqlDataSource dataSource, string data, CancellationToken cancellationToken)
    {
        var (key, file) = (configuration["Core:Secrets:Key"], configuration["Core:Secrets:KeyFile"] ?? Path.Combine(data, DataFolder.SecretFile));
        if (key is null && !File.Exists(file))
        {
            throw new InvalidOperationException($"The audit is signed with the core's secret, and there is none: {file} is missing. Set Core__Secrets__Key or Core__Secrets__KeyFile as the core has it.");
        }

        var folder = Path.Combine(data, "objects");
        var objects = configuration.GetConnectionString("objects") is { } given ? ObjectStoreConnection.Parse(given).Open() : Directory.Exists(folder) ? new FolderObjectStore(folder) : null;
        using (objects as IDisposable)
        {
            return await AuditChain.CheckAsync(dataSource, CoreSecret.From(key, file), objects, cancellationToken);
        }
    }

    private static async Task<int> SayAsync(string connectionString, string data, CancellationToken cancellationToken)
    {
        AuditVerdict verdict;
        try
        {
            await using var dataSource = NpgsqlDataSource.Create(connectionString);
            verdict = await CheckAsync(AllInOneHost.UserConfiguration(), dataSource, data, cancellationToken);
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
