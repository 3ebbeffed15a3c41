using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>What a reader would have seen.</summary>
internal static class Grids
{
    /// <summary>One place for each character, seen with this probability; the rest was no character.</summary>
    public static CharacterGrid Seen(string text, float probability = 0.995f) => Of([.. text.Select(c => new[] { (c, probability) })]);

    /// <summary>The text with other probabilities for one place.</summary>
    public static CharacterGrid Seen(string text, int place, params (char, float)[] instead) =>
        Of([.. text.Select((c, i) => i == place ? instead : [(c, 0.995f)])]);

    public static CharacterGrid Of(params (char Character, float Probability)[][] places) =>
        new([.. places.SelectMany(Place)]);

    private static float[] Place((char Character, float Probability)[] seen)
    {
        var place = new float[CtcFolding.Alphabet.Length];
        foreach (var (character, probability) in seen)
        {
            place[CtcFolding.Alphabet.IndexOf(character, StringComparison.Ordinal)] = probability;
        }

        return place;
    }
}
