namespace SmartCity.ServiceDefaults.Objects;

/// <summary>What a key may look like: names separated by single '/'; none begins with '.' or is empty, no backslash, no control characters, at most 1,024 characters.</summary>
public static class ObjectKey
{
    private const int MostCharacters = 1024;

    /// <exception cref="ArgumentException">The key is not valid; the message names it.</exception>
    public static void Check(string key)
    {
        if (key.Length > MostCharacters || key.Any(c => c == '\\' || char.IsControl(c)) || key.Split('/').Any(name => name.Length == 0 || name[0] == '.'))
        {
            throw new ArgumentException($"'{key}' is not an object key. A key is one or more names separated by '/'; no name may be empty, begin with '.', or contain a backslash or control characters.", nameof(key));
        }
    }
}
