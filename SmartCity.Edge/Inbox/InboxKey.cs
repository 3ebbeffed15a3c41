namespace SmartCity.Edge.Inbox;

/// <summary>Keys of the inbox: <c>inbox/{camera}/…</c>.</summary>
internal static class InboxKey
{
    public const string Prefix = "inbox/";

    /// <summary>Null of a key that is none of an inbox, or of a folder's own mark.</summary>
    public static string? CameraOf(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && !key.EndsWith('/') && key[Prefix.Length..].Split('/', 2) is [{ Length: > 0 } camera, { Length: > 0 }] ? camera : null;
}
