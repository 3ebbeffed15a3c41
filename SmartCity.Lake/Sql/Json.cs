using System.Text.Json;

namespace SmartCity.Lake.Sql;

/// <summary>Reads a node of the tree, of which nothing may be left unread.</summary>
internal static class Json
{
    /// <exception cref="NotForTheLakeException">The node has something else than these properties.</exception>
    public static void Allow(this JsonElement node, params ReadOnlySpan<string> properties)
    {
        foreach (var property in node.EnumerateObject())
        {
            if (property.Name is not ("class" or "type" or "query_location" or "alias") && !properties.Contains(property.Name) && !IsEmpty(property.Value))
            {
                throw new NotForTheLakeException($"the lake does not do {property.Name.Replace('_', ' ')}");
            }
        }
    }

    public static string Text(this JsonElement node, string name) => node.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    public static JsonElement? Child(this JsonElement node, string name) => node.TryGetProperty(name, out var value) && !IsEmpty(value) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement node, string name) => node.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    public static bool Flag(this JsonElement node, string name) => node.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any() || value.EnumerateObject().All(p => p is { Name: "type", Value.ValueKind: JsonValueKind.String } && p.Value.GetString() == "ORDER_MODIFIER" || IsEmpty(p.Value)),
        _ => false,
    };
}
