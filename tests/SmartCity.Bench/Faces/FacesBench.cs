using System.CommandLine;
using System.Text.Json;
using SmartCity.Faces;

namespace SmartCity.Bench.Faces;

/// <summary><c>bench faces FOLDER</c>: how often two pictures of one person are taken for two, and two people for one, with how far few pairs prove it.</summary>
internal static class FacesBench
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Pictures with a truth.tsv (columns file and person, and one for each group), a folder for each person, or such folders with a pairs.txt as LFW has it." };
        var models = new Option<string>("--models") { Description = "Folder of the models' files.", DefaultValueFactory = _ => Shipped() };
        var descriptor = new Option<string>("--descriptor") { Description = $"A row of models/faces: {string.Join(", ", DescriptorCard.Names)}.", DefaultValueFactory = _ => DescriptorCard.Usual };
        var conditions = new Option<bool>("--conditions") { Description = "Also small, blurred, dark and turned faces, one look and three pooled." };
        var command = new Command("faces", "Faces found and told apart, as one JSON object on stdout.") { folder, models, descriptor, conditions };
        command.SetAction(parse =>
        {
            try
            {
                var figures = FaceMeasurement.Of(parse.GetValue(folder)!, parse.GetValue(models)!, parse.GetValue(descriptor)!, parse.GetValue(conditions));
                Console.WriteLine(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
                return 0;
            }
            catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or FormatException)
            {
                Console.Error.WriteLine(e.Message);
                return 1;
            }
        });
        return command;
    }

    private static string Shipped()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "models", "faces") is var models && File.Exists(Path.Combine(models, "face-detector.onnx")))
            {
                return models;
            }
        }

        return FaceFiles.Shipped;
    }
}
