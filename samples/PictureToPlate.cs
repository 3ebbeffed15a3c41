using System.Globalization;
using SmartCity.Recognition;

namespace Samples;

/// <summary>Pictures → the plates in them.</summary>
public static class PictureToPlate
{
    public static void Run(IEnumerable<string> pictures, TextWriter output)
    {
        using var recogniser = new PlateRecogniser();
        foreach (var picture in pictures)
        {
            foreach (var read in recogniser.Recognise(picture))
            {
                // Below some confidence Plate is null: a person had better look at the best guess.
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{picture}\t{read.Plate ?? "?"}\t{read.BestGuess}\t{read.Confidence:0.00}\t{read.Country}"));
            }
        }
    }
}
