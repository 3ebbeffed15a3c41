namespace SmartCity.ServiceDefaults.Objects;

/// <summary>What a key may look like: names separated by single '/'; none begins with '.' or is empty, no backslash, no control characters, at most 1,024 characters.</summary>
public static class ObjectKey
{
    private const int MostCharacters = 1024;

    /// <exception cref="ArgumentException">It is no key; the message names it.</exception>
    public static void Check(string key)
    {
        if (key.Length > MostCharacters || key.Any(c => c == '\\' || char.IsControl(c)) || key.Split('/').Any(name => name.Length == 0 || name[0] == '.'))
        {
            throw new ArgumentException($"'{key}' is not an object key: it needs names separated by '/', none empty or beginning with '.', without backslash and control characters.", nameof(key));
        }
    }
}
