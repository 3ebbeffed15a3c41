using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SmartCity.Bricks.Objects;

/// <summary>An object has come to a bucket or a folder.</summary>
/// <param name="Bucket">Or the folder's name.</param>
/// <param name="Key">With '/' between its parts.</param>
/// <param name="ETag">What tells this content from another of the same key, without quotes; "" where nobody has said.</param>
/// <param name="Bytes">Its size; -1 where nobody has said.</param>
public sealed record ObjectLanded(string Bucket, string Key, string ETag, long Bytes)
{
    public const string EventType = "object.landed";

    /// <summary>The event: the same object with the same content has the same id, however often it is told of and by whom.</summary>
    public CloudEvent<ObjectLanded> ToEvent() => new()
    {
        Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Bucket}\n{Key}\n{ETag}")))[..32],
        Source = $"/buckets/{Bucket}",
        Type = EventType,
        Subject = Key,
        Key = Key,
        Data = this,
    };

    /// <summary>The objects that a notification tells of, in the shapes of AWS S3, MinIO and Ceph RGW, also wrapped by SNS and SQS. What is told of anything but a new object is left out.</summary>
    /// <exception cref="JsonException">It is no such notification.</exception>
    public static IReadOnlyList<ObjectLanded> Read(ReadOnlyMemory<byte> notification)
    {
        using var json = JsonDocument.Parse(notification);
        var found = new List<ObjectLanded>();
        try
        {
            Read(json.RootElement, found, depth: 0);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("This is no notification of an object store: a field is not what it should be, or its text holds half a character.", e);
        }

        return found;
    }

    private static void Read(JsonElement root, List<ObjectLanded> found, int depth)
    {
        if (root.ValueKind != JsonValueKind.Object || depth > 2)
        {
            throw new JsonException("This is no notification of an object store: it has no Records.");
        }

        // SNS puts the notification into Message, SQS into body, each as a text.
        foreach (var wrapper in (string[])["Message", "body", "Body"])
        {
            if (root.TryGetProperty(wrapper, out var text) && text.ValueKind == JsonValueKind.String)
            {
                using var inner = JsonDocument.Parse(text.GetString()!);
                Read(inner.RootElement, found, depth + 1);
                return;
            }
        }

        if (root.TryGetProperty("Event", out var test) && test.ValueKind == JsonValueKind.String && test.GetString() == "s3:TestEvent")
        {
            return;
        }

        if (!root.TryGetProperty("Records", out var records) || records.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("This is no notification of an object store: it has no Records.");
        }

        foreach (var record in records.EnumerateArray())
        {
            if (record.TryGetProperty("body", out var body) && body.ValueKind == JsonValueKind.String)
            {
                using var inner = JsonDocument.Parse(body.GetString()!);
                Read(inner.RootElement, found, depth + 1);
            }
            else if (One(record) is { } landed)
            {
                found.Add(landed);
            }
        }
    }

    private static ObjectLanded? One(JsonElement record)
    {
        if (Text(record, "eventName") is not { } name || !record.TryGetProperty("s3", out var s3) || !s3.TryGetProperty("bucket", out var bucket) || !s3.TryGetProperty("object", out var item)
            || Text(bucket, "name") is not { } bucketName || Text(item, "key") is not { } key)
        {
            throw new JsonException("A record of the notification has no eventName, bucket or key.");
        }

        // AWS says ObjectCreated:Put, MinIO s3:ObjectCreated:Put, Ceph either.
        if (!name.Contains("ObjectCreated", StringComparison.Ordinal))
        {
            return null;
        }

        var size = item.TryGetProperty("size", out var bytes) && bytes.TryGetInt64(out var count) ? count : -1;

        // Ceph alone says the key as it is.
        var isPlain = Text(record, "eventSource") == "ceph:s3";
        return new ObjectLanded(bucketName, isPlain ? key : Uri.UnescapeDataString(key.Replace('+', ' ')), (Text(item, "eTag") ?? Text(item, "etag") ?? "").Trim('"'), size);
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
