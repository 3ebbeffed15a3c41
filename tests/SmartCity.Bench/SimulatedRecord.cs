using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using SmartCity.Contracts;

namespace SmartCity.Bench;

/// <summary>A simulated sighting as an edge writes it to Kafka.</summary>
internal static class SimulatedRecord
{
    public static Message<byte[], byte[]> Of(Sighting sighting) => new()
    {
        Key = Encoding.UTF8.GetBytes(sighting.Plate ?? "?" + sighting.CameraId),
        Value = JsonSerializer.SerializeToUtf8Bytes(sighting, ContractsJson.Default.Sighting),
        Headers = new Headers { { RecordHeaders.Schema, Encoding.ASCII.GetBytes(RecordHeaders.SightingSchema) } },
    };
}
