import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { useFailureWords } from "@/ui/failure";
import { Note } from "@/ui/feedback";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { type Dataset, useUpdateDataset } from "./queries";

export function EditDatasetDialog({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const { t } = useTranslation();
  const failureWords = useFailureWords();
  const update = useUpdateDataset();
  const form = useForm({
    defaultValues: { name: dataset.name, description: dataset.description ?? "" },
  });
  const submit = form.handleSubmit(({ name, description }) =>
    update.mutate(
      { id: dataset.id, name: name.trim(), description: description.trim() || null },
      { onSuccess: onClose },
    ),
  );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="sm"
      title={t("datasets.edit.title", { name: dataset.name })}
      footer={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <Button size="md" variant="primary" busy={update.isPending} onClick={() => void submit()}>
            {t("ui.save")}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {update.error && (
          <Note tone="danger" role="alert">
            {failureWords(update.error)}
          </Note>
        )}
        <Field
          label={t("datasets.columns.name")}
          error={form.formState.errors.name && t("auth.required")}
        >
          {(ids) => <Input {...ids} {...form.register("name", { required: true })} />}
        </Field>
        <Field label={t("datasets.description")}>
          {(ids) => <Textarea {...ids} {...form.register("description")} rows={3} />}
        </Field>
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
