using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Sightings;

/// <summary>A record's headers as the database keeps them: pairs of name and value, both base64, since a value is bytes of any kind.</summary>
internal static class DeadLetterHeaders
{
    public static string Write(Headers? headers) =>
        JsonSerializer.Serialize((headers ?? []).Select(h => new[] { Convert.ToBase64String(Encoding.UTF8.GetBytes(h.Key)), Convert.ToBase64String(h.GetValueBytes() ?? []) }));

    public static IReadOnlyList<DeadLetterHeader> Read(string json) =>
        [.. JsonSerializer.Deserialize<string[][]>(json)!.Select(pair => new DeadLetterHeader(Encoding.UTF8.GetString(Convert.FromBase64String(pair[0])), Convert.FromBase64String(pair[1])))];
}
