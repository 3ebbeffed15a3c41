namespace SmartCity.Web.Core;

/// <summary>Why a person looks at what takes a reason, as they last said it in this window. Each look is recorded with it.</summary>
public sealed class Purpose
{
    /// <summary>Fewest characters of a reason.</summary>
    public const int Shortest = 3;

    /// <summary>Null until one was given.</summary>
    public string? Reason { get; private set; }

    /// <returns>Whether it is one.</returns>
    public bool Give(string? reason)
    {
        if (reason?.Trim() is not { Length: >= Shortest } given)
        {
            return false;
        }

        Reason = given;
        return true;
    }
}
