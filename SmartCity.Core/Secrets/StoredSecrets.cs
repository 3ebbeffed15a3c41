using Npgsql;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Stations;

namespace SmartCity.Core.Secrets;

/// <summary>Seals what a version before wrote into the database as it was: secrets of webhooks, addresses of cameras with their passwords.</summary>
internal sealed class StoredSecrets(NpgsqlDataSource dataSource, CoreSecret secrets) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        await SealAsync("webhooks", "secret", WebhookQueue.SecretPurpose, cancellationToken);
        await SealAsync("cameras", "source", CameraSource.Purpose, cancellationToken);
    }

    // Names of tables and columns are constants.
    private async Task SealAsync(string table, string column, string purpose, CancellationToken cancellationToken)
    {
        await using var plain = dataSource.CreateCommand($"select id::text, {column} from {table} where {column} is not null and {column} not like 'sealed:%'");
        foreach (var (id, text) in await plain.ReadAllAsync(r => (r.GetString(0), r.GetString(1)), cancellationToken))
        {
            await using var write = dataSource.CreateCommand($"update {table} set {column} = $3 where id::text = $1 and {column} = $2");
            foreach (var value in (object[])[id, text, secrets.Seal(text, purpose)])
            {
                write.Parameters.Add(new() { Value = value });
            }

            await write.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
