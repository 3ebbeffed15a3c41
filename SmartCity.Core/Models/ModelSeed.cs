using System.Text;
using Npgsql;
using SmartCity.Contracts.Models;
using SmartCity.Core.Database;

namespace SmartCity.Core.Models;

/// <summary>The models that come with the program are the first versions and, until others are, the champions.</summary>
internal sealed class ModelSeed(ModelRegistry registry, NpgsqlDataSource dataSource) : IDatabaseSeed
{
    private const string By = "SmartCity";

    public static IReadOnlyList<string> Shipped { get; } = ["city-read-1", "city-det-1", "city-country-1", "city-whole-1"];

    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        var known = (await registry.ListAsync(cancellationToken)).Select(v => v.Id).ToHashSet();
        foreach (var id in Shipped.Where(id => !known.Contains(id)))
        {
            await registry.ImportAsync(Encoding.UTF8.GetString(ModelManifest.ShippedBytes(id)), null, File($"{id}.onnx"), By, cancellationToken, audited: false);
        }

        await registry.SignAsync(cancellationToken);
        await using var command = dataSource.CreateCommand("insert into model_aliases (kind, alias, version_id, moved_at, moved_by) select kind, $2, id, created_at, created_by from model_versions where id = any($1) on conflict do nothing");
        command.Parameters.Add(new() { Value = Shipped.ToArray() });
        command.Parameters.Add(new() { Value = ModelRegistry.Champion });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static byte[] File(string name)
    {
        using var stream = typeof(ModelSeed).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not in this program.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
