using System.Text;
using System.Text.Json;

namespace SmartCity.Bricks;

/// <summary>Data ⇄ bytes.</summary>
internal static class EventData<T>
{
    /// <exception cref="JsonException">The bytes are no such data.</exception>
    public static T Read(ReadOnlySpan<byte> value, JsonSerializerOptions json)
    {
        if (typeof(T) == typeof(byte[]))
        {
            return (T)(object)value.ToArray();
        }

        if (typeof(T) == typeof(string))
        {
            return (T)(object)Encoding.UTF8.GetString(value);
        }

        return JsonSerializer.Deserialize<T>(value, json) ?? throw new JsonException("The data is null.");
    }

    public static byte[] Write(T data, JsonSerializerOptions json) => data switch
    {
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(text),
        _ => JsonSerializer.SerializeToUtf8Bytes(data, json),
    };

    /// <summary>Bytes in memory; 0 where nobody knows.</summary>
    public static int BytesOf(T data) => data switch { byte[] bytes => bytes.Length, string text => 2 * text.Length, _ => 0 };

    /// <summary>What the data is sent as where the event does not say.</summary>
    public static string ContentType => typeof(T) == typeof(byte[]) ? "application/octet-stream" : typeof(T) == typeof(string) ? "text/plain; charset=utf-8" : "application/json";
}
